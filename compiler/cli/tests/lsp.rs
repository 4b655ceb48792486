//! The language server as an editor talks to it.

mod common;
#[path = "common/editor.rs"]
mod editor;

use std::fs;

use common::{Folder, errors, sitec, status};
use editor::{Editor, at, edited, place, uri};
use serde_json::{Value, json};

const GOOD: &str = "server { listen 127.0.0.1:8080; return 200 \"hello\"; }\n";

fn codes(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

fn labels(items: &Value) -> Vec<&str> {
    let items = items.as_array().expect("a list").iter();
    items.map(|item| item["label"].as_str().expect("a label")).collect()
}

#[test]
fn findings_come_and_go_with_the_text() {
    let folder = Folder::new("lsp-findings");
    let site = uri(&folder, "site.conf");
    let mut editor = Editor::new(&folder);
    let broken = "# 𝄞\nserver {\n    lisen 8080; # 𝄞\n    return 200 \"𝄞\"\n}\n";
    editor.open(&site, broken);
    let findings = editor.findings(&site, Some(1));
    assert_eq!(codes(&findings), ["D01", "Y01"], "{findings:#?}");
    let first = &findings[0];
    assert_eq!(first["range"]["start"], json!({ "line": 2, "character": 4 }));
    assert_eq!(first["range"]["end"], json!({ "line": 2, "character": 9 }));
    assert_eq!((&first["severity"], &first["source"]), (&json!(1), &json!("sitec")));
    let message = first["message"].as_str().unwrap();
    assert!(
        message.contains("help: a directive with a similar name exists: `listen`"),
        "{message}"
    );
    // Behind a character that is two units of UTF-16.
    assert_eq!(findings[1]["range"]["start"], json!({ "line": 3, "character": 19 }));
    // In parts, one after the other.
    let part = |from: Value, to: Value, text: &str| json!({ "range": { "start": from, "end": to }, "text": text });
    let column = |line: u32, column: u32| json!({ "line": line, "character": column });
    let changes = json!([
        part(column(2, 4), column(2, 9), "listen"),
        part(column(3, 19), column(3, 19), ";"),
    ]);
    editor.change(&site, 2, changes);
    assert_eq!(codes(&editor.findings(&site, Some(2))), [""; 0]);
    // As a whole; a lint and a warning, with another place.
    let doubtful = "daemon off;\nserver { listen 80; server_tokens on; root www; root www; }\n";
    editor.change(&site, 3, json!([{ "text": doubtful }]));
    let findings = editor.findings(&site, Some(3));
    assert_eq!(codes(&findings), ["D08", "X13", "F01", "D06"], "{findings:#?}");
    let severities: Vec<_> = findings.iter().map(|finding| finding["severity"].clone()).collect();
    assert_eq!(severities, [2, 3, 1, 1]);
    let related = &findings[3]["relatedInformation"][0];
    assert_eq!(related["message"], "first set here");
    assert_eq!(related["location"]["uri"], *site);
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": site } }));
    assert_eq!(editor.findings(&site, None), [] as [Value; 0]);
    editor.end();
}

#[test]
fn included_files_belong_to_their_conf() {
    let folder = Folder::new("lsp-include");
    let conf = "server {\n    listen 127.0.0.1:8080;\n    include parts/app.inc;\n}\n";
    let part = "location / { return 200 a; }\nlocation @b { return 204; }\nerror_page 404 @b;\n";
    fs::create_dir(folder.join("parts")).unwrap();
    fs::write(folder.join("site.conf"), conf).unwrap();
    fs::write(folder.join("parts/app.inc"), part).unwrap();
    let [site, app] = ["site.conf", "parts/app.inc"].map(|name| uri(&folder, name));
    let mut editor = Editor::new(&folder);
    // The conf is found, though nobody has opened it: alone, the part would be wrong.
    editor.open(&app, part);
    assert_eq!(codes(&editor.findings(&app, Some(1))), [""; 0]);
    // What is not saved counts, wherever it shows.
    let wrong = part.replace("204", "2004");
    editor.change(&app, 2, json!([{ "text": wrong }]));
    assert_eq!(editor.findings(&app, Some(2)).len(), 1);
    editor.open(&site, conf);
    assert_eq!(codes(&editor.findings(&site, Some(1))), [""; 0]);
    let unsaved = conf.replace("include", "error_page 500 @b;\n    include");
    editor.change(&site, 2, json!([{ "text": unsaved }]));
    editor.change(&app, 3, json!([{ "text": part }]));
    assert_eq!(codes(&editor.findings(&app, Some(3))), [""; 0]);
    // `include` leads to the file, names to where they are given, in another file too.
    let target = editor.ask("textDocument/definition", at(&site, &unsaved, "parts/"));
    assert_eq!(target[0]["uri"], *app);
    let target = editor.ask("textDocument/definition", at(&site, &unsaved, "b;"));
    assert_eq!(
        (&target[0]["uri"], &target[0]["range"]["start"]),
        (&json!(app), &place(part, "b {"))
    );
    let mut params = at(&app, part, "b;");
    params["context"] = json!({ "includeDeclaration": false });
    let references = editor.ask("textDocument/references", params);
    assert_eq!(references.as_array().unwrap().len(), 2, "{references}");
    let mut params = at(&app, part, "b;");
    params["newName"] = json!("@fallback");
    let edit = editor.ask("textDocument/rename", params);
    let [site_text, app_text] =
        [(&site, &*unsaved), (&app, part)].map(|(uri, text)| edited(text, &edit["changes"][uri]));
    assert_eq!(site_text, unsaved.replace("@b", "@fallback"));
    assert_eq!(app_text, part.replace("@b", "@fallback"));
    // In the part, what may stand in a `server`.
    let params =
        json!({ "textDocument": { "uri": app }, "position": { "line": 3, "character": 0 } });
    let items = editor.ask("textDocument/completion", params);
    assert!(labels(&items).contains(&"location") && !labels(&items).contains(&"upstream"));
    editor.end();
}

#[test]
fn what_is_wrong_in_a_part_of_two_confs_is_told_once() {
    let folder = Folder::new("lsp-shared");
    let conf = "server {\n    listen 127.0.0.1:8080;\n    include part.inc;\n    return 204;\n}\n";
    fs::write(folder.join("part.inc"), "lisen 80;\n").unwrap();
    let [site, other, part] =
        ["site.conf", "other.conf", "part.inc"].map(|name| uri(&folder, name));
    let mut editor = Editor::new(&folder);
    editor.open(&site, conf);
    editor.open(&other, conf);
    editor.open(&part, "lisen 80;\n");
    assert_eq!(codes(&editor.findings(&part, Some(1))), ["D01"]);
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": part } }));
    // What the file does not say any more is gone, though nobody has it open.
    fs::write(folder.join("part.inc"), "").unwrap();
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": part } }));
    let mut findings = editor.findings(&part, None);
    while !findings.is_empty() {
        findings = editor.findings(&part, None);
    }
    editor.end();
}

#[test]
fn a_place_is_told_about_completed_and_renamed() {
    let folder = Folder::new("lsp-places");
    let site = uri(&folder, "site.conf");
    let text = "upstream app { server 127.0.0.1:9; }\nserver {\n    listen 127.0.0.1:8080;\n    \
                # é𝄞\n    location / { proxy_pass http://; }\n    au\n    set $own 1; add_header A $own;\n}\n";
    let mut editor = Editor::new(&folder);
    editor.open(&site, text);
    let hover = editor.ask("textDocument/hover", at(&site, text, "isten"));
    let told = hover["contents"]["value"].as_str().unwrap();
    assert!(told.starts_with("```nginx\nlisten "), "{told}");
    assert_eq!(hover["range"]["start"], place(text, "listen"));
    assert_eq!(editor.ask("textDocument/hover", at(&site, text, "127.0.0.1:8080")), Value::Null);

    let items = editor.ask("textDocument/completion", at(&site, text, "\n    set"));
    let item = items.as_array().unwrap().iter().find(|item| item["label"] == "autoindex").unwrap();
    assert_eq!(
        (&item["textEdit"]["newText"], &item["insertTextFormat"]),
        (&json!("autoindex $1;"), &json!(2))
    );
    assert_eq!(item["textEdit"]["range"]["start"], place(text, "au\n"));
    let resolved = editor.ask("completionItem/resolve", item.clone());
    let told = resolved["documentation"]["value"].as_str().unwrap();
    assert!(told.starts_with("```nginx\nautoindex on | off;"), "{told}");
    let items = editor.ask("textDocument/completion", at(&site, text, "; }\n    au"));
    assert!(labels(&items).contains(&"app"), "{items}");
    let items = editor.ask("textDocument/completion", at(&site, text, "own;"));
    assert!(labels(&items).contains(&"$own") && labels(&items).contains(&"$uri"));

    // A blank that indents a line asks for nothing, one behind a name for parameters.
    let mut params = at(&site, text, "au\n");
    params["context"] = json!({ "triggerKind": 2, "triggerCharacter": " " });
    assert_eq!(editor.ask("textDocument/completion", params.clone()), Value::Null);
    params["position"] = place(text, "http://");
    assert!(labels(&editor.ask("textDocument/completion", params)).contains(&"http://"));

    let range = editor.ask("textDocument/prepareRename", at(&site, text, "own;"));
    assert_eq!(range["placeholder"], "own");
    assert_eq!(
        editor.ask("textDocument/prepareRename", at(&site, text, "127.0.0.1:8080")),
        Value::Null
    );
    let mut params = at(&site, text, "own;");
    params["newName"] = json!("uri");
    let refused = editor.ask_for_response("textDocument/rename", params);
    assert_eq!(refused["error"]["message"], "there is a variable `uri` already");
    let marked = editor.ask("textDocument/documentHighlight", at(&site, text, "own;"));
    assert_eq!(marked.as_array().unwrap().len(), 2);

    let symbols =
        editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": site } }));
    let names = |symbols: &Value| -> Vec<String> {
        symbols
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&symbols), ["upstream app", "server"]);
    assert_eq!(symbols[1]["detail"], "127.0.0.1:8080");
    assert_eq!(names(&symbols[1]["children"]), ["location /", "set $own 1"]);
    editor.end();
}

#[test]
fn texts_are_formatted_and_fixed() {
    let folder = Folder::new("lsp-fixes");
    let site = uri(&folder, "site.conf");
    let mut editor = Editor::new(&folder);
    let text = "# é𝄞\nserver {\nlisten 8080;\n    retrun 204;\n}";
    editor.open(&site, text);
    let document = json!({ "textDocument": { "uri": site }, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = editor.ask("textDocument/formatting", document.clone());
    let formatted = edited(text, &edits);
    assert_eq!(formatted, format!("{}\n", text.replace("\nlisten", "\n    listen")));
    editor.change(&site, 2, json!([{ "text": formatted }]));
    assert_eq!(editor.ask("textDocument/formatting", document.clone()), json!([]));

    let findings = editor.findings(&site, Some(2));
    let params = |range: &Value| {
        json!({
            "textDocument": { "uri": site },
            "range": range,
            "context": { "diagnostics": findings },
        })
    };
    let actions = editor.ask("textDocument/codeAction", params(&findings[0]["range"]));
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions}");
    assert_eq!(
        (&actions[0]["title"], &actions[0]["kind"]),
        (&json!("a directive with a similar name exists: `return`"), &json!("quickfix"))
    );
    assert_eq!(actions[0]["diagnostics"][0], findings[0]);
    let fixed = edited(&formatted, &actions[0]["edit"]["changes"][&site]);
    assert_eq!(fixed, formatted.replace("retrun", "return"));
    let elsewhere = json!({ "start": place(text, "listen"), "end": place(text, "listen") });
    assert_eq!(editor.ask("textDocument/codeAction", params(&elsewhere)), json!([]));
    let mut other = params(&findings[0]["range"]);
    other["context"]["only"] = json!(["refactor"]);
    assert_eq!(editor.ask("textDocument/codeAction", other), json!([]));

    editor.change(&site, 3, json!([{ "text": fixed }]));
    assert_eq!(codes(&editor.findings(&site, Some(3))), [""; 0]);
    // What cannot be read stays as it is.
    editor.change(&site, 4, json!([{ "text": "server {" }]));
    assert_eq!(editor.ask("textDocument/formatting", document), Value::Null);
    editor.end();
}

#[test]
fn the_protocol_has_its_order() {
    let folder = Folder::new("lsp-order");
    let mut editor = Editor::silent(&folder);
    let code = |response: &Value| response["error"]["code"].as_i64();
    let early = editor.ask_for_response("textDocument/hover", json!({}));
    assert_eq!(code(&early), Some(-32002));
    editor.tell("textDocument/didOpen", json!({}));
    editor.ask("initialize", json!({ "capabilities": {} }));
    let again = editor.ask_for_response("initialize", json!({ "capabilities": {} }));
    assert_eq!(code(&again), Some(-32600));
    let unknown = editor.ask_for_response("nonsense", json!({}));
    assert_eq!(code(&unknown), Some(-32601));
    editor.tell("$/cancelRequest", json!({ "id": 1 }));
    editor.ask("shutdown", Value::Null);
    let late = editor.ask_for_response("textDocument/hover", json!({}));
    assert_eq!(code(&late), Some(-32600));
    editor.tell("exit", Value::Null);
    assert!(editor.hang_up().0.success());

    // Who leaves without a word, or never comes, is at fault.
    let output = sitec(&folder, &["lsp"]);
    assert_eq!((status(&output), &*errors(&output)), (1, ""));
    let (status, errors) = Editor::new(&folder).hang_up();
    assert_eq!((status.code(), &*errors), (Some(1), ""));
    let mut editor = Editor::new(&folder);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.hang_up().0.code(), Some(1));
}

#[test]
fn what_is_no_message_breaks_nothing() {
    let folder = Folder::new("lsp-malformed");
    let site = uri(&folder, "site.conf");
    let mut editor = Editor::new(&folder);
    for text in ["{", "[]", "null", "{\"jsonrpc\":\"2.0\"}", "{\"id\":{},\"method\":1}", "\u{0}"] {
        editor.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
        let refused =
            editor.wait_for(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(refused["error"]["code"], -32700, "{text}");
    }
    // Parameters that fit nothing.
    let methods = [
        "textDocument/hover",
        "textDocument/completion",
        "textDocument/definition",
        "textDocument/references",
        "textDocument/rename",
        "textDocument/prepareRename",
        "textDocument/documentSymbol",
        "textDocument/documentHighlight",
        "textDocument/formatting",
        "textDocument/codeAction",
        "completionItem/resolve",
    ];
    for method in methods {
        for params in [Value::Null, json!([]), json!({ "textDocument": { "uri": 1 } })] {
            let refused = editor.ask_for_response(method, params);
            assert_eq!(refused["error"]["code"], -32602, "{method}: {refused}");
        }
    }
    for method in ["didOpen", "didChange", "didClose"] {
        editor.tell(&format!("textDocument/{method}"), json!({ "textDocument": [] }));
    }
    // Places that are not there, and files that are none.
    editor.open(&site, GOOD);
    editor.open("untitled:Untitled-1", "server { lisen 80; }");
    assert_eq!(codes(&editor.findings("untitled:Untitled-1", Some(1))), ["D01"]);
    let far = json!({ "line": u32::MAX, "character": u32::MAX });
    let around = json!({ "start": far, "end": { "line": 0, "character": 0 } });
    for uri in [&*site, "untitled:Untitled-1", "file:///no/such/file", "file://", "x:"] {
        for method in methods.iter().filter(|method| **method != "completionItem/resolve") {
            let params = json!({
                "textDocument": { "uri": uri },
                "position": far,
                "range": around,
                "newName": "x",
                "context": { "includeDeclaration": true, "diagnostics": [], "triggerKind": 1 },
                "options": { "tabSize": 4, "insertSpaces": true },
            });
            let answer = editor.ask_for_response(method, params);
            let code = answer["error"]["code"].as_i64();
            assert!(matches!(code, None | Some(-32803)), "{uri} {method}: {answer}");
        }
    }
    editor.change(&site, 2, json!([{ "range": around, "text": "}" }]));
    assert_eq!(codes(&editor.findings(&site, Some(2))).len(), 1);
    editor.end();

    // Where nobody knows where the next message begins, it ends, and says why.
    let mut editor = Editor::new(&folder);
    editor.send(b"Content-Length: 99999999999\r\n\r\n");
    let (status, errors) = editor.hang_up();
    assert_eq!(status.code(), Some(1));
    assert_eq!(errors, "error: the connection to the editor broke: a message is too long\n");
}
