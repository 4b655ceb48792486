//! R3: how long it is believed what a path was. Files are changed behind the server's back.

use crate::charset::content;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// Writes `text` to a file in `/NAME/`, and gives what the server then makes of it.
fn after(folder: &Folder, server: &Server, name: &str, text: &str) -> String {
    folder.write(&format!("www/{name}/a.txt"), text);
    let response = server.get_from("cache.test", &format!("/{name}/a.txt"));
    if response.status == 200 { response.text() } else { response.status.to_string() }
}

#[test]
fn a_file_is_believed_for_as_long_as_the_conf_says() {
    let folder = Folder::new();
    let server = content(&folder);
    for (name, answers) in [
        ("long", ["1", "1", "1", "1"]),
        ("often", ["1", "2", "2", "2"]),
        ("instant", ["1", "2", "3", "4"]),
        ("off", ["1", "2", "3", "4"]),
    ] {
        for (text, expected) in ["1", "2", "3", "4"].into_iter().zip(answers) {
            assert_eq!(after(&folder, &server, name, text), expected, "{name} {text}");
        }
    }
}

#[test]
fn that_there_is_no_file_is_believed_where_the_conf_says_so() {
    let folder = Folder::new();
    let server = content(&folder);
    for (name, expected) in [("errors", "404"), ("long", "1"), ("off", "1")] {
        let path = format!("/{name}/a.txt");
        assert_eq!(server.get_from("cache.test", &path).status, 404, "{name}");
        assert_eq!(after(&folder, &server, name, "1"), expected, "{name}");
    }
}
