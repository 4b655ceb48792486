//! The state of one client, and what it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lsp_server::{ErrorCode, Message, Notification, RequestId, Response, ResponseError};
use lsp_types::notification::{self, Notification as _};
use lsp_types::request::{self, Request as _};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams,
    CodeActionProviderCapability, CompletionItem, CompletionOptions, CompletionParams,
    CompletionResponse, Diagnostic, DiagnosticRelatedInformation, DocumentFormattingParams,
    DocumentHighlight, DocumentSymbolParams, DocumentSymbolResponse, Documentation,
    GotoDefinitionResponse, Hover, HoverContents, HoverProviderCapability, InitializeParams,
    InitializeResult, Location, MarkupContent, MarkupKind, OneOf, PrepareRenameResponse,
    PublishDiagnosticsParams, Range, ReferenceParams, RenameOptions, RenameParams, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, TextEdit, Uri,
    WorkspaceEdit,
};
use serde_json::{Value, json};
use sitec_compiler::editor::{Project, documentation};
use sitec_compiler::format::format;
use sitec_compiler::source::{FileId, Source, Sources, Span};

use super::analysis::Analysis;
use super::convert::{self, View};
use super::documents::{Documents, path_of};

/// How far a client is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    Ending,
}

/// What a request comes to.
type Answer<T> = Result<T, ResponseError>;

/// What the editor was told of a file.
type Published = BTreeMap<PathBuf, (Option<i32>, Vec<Diagnostic>)>;

/// One client.
pub(super) struct Server<W> {
    out: W,
    phase: Phase,
    documents: Documents,
    analysis: Analysis,
    published: Published,
    /// Whether something has changed since the findings were published.
    is_stale: bool,
    /// Whether the editor takes snippets.
    snippets: bool,
}

/// A place of a conf that a request is about.
struct Place<'a> {
    project: &'a Project,
    file: FileId,
    offset: usize,
    view: View<'a>,
    documents: &'a Documents,
}

impl<W: Write> Server<W> {
    pub(super) fn new(out: W) -> Server<W> {
        Server {
            out,
            phase: Phase::Starting,
            documents: Documents::default(),
            analysis: Analysis::default(),
            published: Published::new(),
            is_stale: false,
            snippets: false,
        }
    }

    /// Takes a message; the status to end with, if it is the last.
    pub(super) fn take(&mut self, message: Message) -> io::Result<Option<ExitCode>> {
        match message {
            Message::Request(request) => {
                let result = self.answer(&request.method, request.params);
                self.respond(request.id, result)?;
            }
            Message::Notification(it) if it.method == notification::Exit::METHOD => {
                let is_expected = self.phase == Phase::Ending;
                let status = if is_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE };
                return Ok(Some(status));
            }
            Message::Notification(it) if self.phase == Phase::Running => self.note(it),
            Message::Notification(_) | Message::Response(_) => {}
        }
        Ok(None)
    }

    /// Says that something was no message.
    pub(super) fn refuse(&mut self, why: &str) -> io::Result<()> {
        let error = json!({ "code": ErrorCode::ParseError as i32, "message": why });
        let text = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
        write!(self.out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.out.flush()
    }

    fn respond(&mut self, id: RequestId, response_result: Answer<Value>) -> io::Result<()> {
        Message::Response(Response { id, response_result }).write(&mut self.out)
    }

    fn answer(&mut self, method: &str, params: Value) -> Answer<Value> {
        match (self.phase, method) {
            (Phase::Starting, request::Initialize::METHOD) => {
                by::<request::Initialize>(params, |params| Ok(self.initialize(&params)))
            }
            (Phase::Starting, _) => {
                Err(error(ErrorCode::ServerNotInitialized, "`initialize` comes first"))
            }
            (Phase::Ending, _) => Err(error(ErrorCode::InvalidRequest, "the server is ending")),
            (Phase::Running, request::Shutdown::METHOD) => {
                self.phase = Phase::Ending;
                Ok(Value::Null)
            }
            (Phase::Running, _) => self.answer_running(method, params),
        }
    }

    fn answer_running(&mut self, method: &str, params: Value) -> Answer<Value> {
        match method {
            request::HoverRequest::METHOD => by::<request::HoverRequest>(params, |params| {
                Ok(self.hover(&params.text_document_position_params))
            }),
            request::Completion::METHOD => {
                by::<request::Completion>(params, |params| Ok(self.complete(&params)))
            }
            request::ResolveCompletionItem::METHOD => {
                by::<request::ResolveCompletionItem>(params, |item| Ok(resolved(item)))
            }
            request::GotoDefinition::METHOD => by::<request::GotoDefinition>(params, |params| {
                Ok(self.definition(&params.text_document_position_params))
            }),
            request::References::METHOD => {
                by::<request::References>(params, |params| Ok(self.references(&params)))
            }
            request::DocumentHighlightRequest::METHOD => {
                by::<request::DocumentHighlightRequest>(params, |params| {
                    Ok(self.highlights(&params.text_document_position_params))
                })
            }
            request::DocumentSymbolRequest::METHOD => {
                by::<request::DocumentSymbolRequest>(params, |params| Ok(self.symbols(&params)))
            }
            request::PrepareRenameRequest::METHOD => {
                by::<request::PrepareRenameRequest>(params, |params| Ok(self.renamable(&params)))
            }
            request::Rename::METHOD => {
                by::<request::Rename>(params, |params| self.rename(&params).map(Some))
            }
            request::Formatting::METHOD => {
                by::<request::Formatting>(params, |params| Ok(self.formatted(&params)))
            }
            request::CodeActionRequest::METHOD => {
                by::<request::CodeActionRequest>(params, |params| Ok(self.actions(&params)))
            }
            request::Initialize::METHOD => {
                Err(error(ErrorCode::InvalidRequest, "`initialize` has come already"))
            }
            _ => Err(error(ErrorCode::MethodNotFound, &format!("`{method}` is not known here"))),
        }
    }

    /// Notes what the editor does. What cannot be read is passed over: nobody waits for an answer.
    fn note(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match &method[..] {
            notification::DidOpenTextDocument::METHOD => {
                let Some(params) = read::<notification::DidOpenTextDocument>(params) else {
                    return;
                };
                let opened = params.text_document;
                self.documents.open(opened.uri, opened.version, opened.text);
                self.analysis.clear();
            }
            notification::DidChangeTextDocument::METHOD => {
                let Some(params) = read::<notification::DidChangeTextDocument>(params) else {
                    return;
                };
                let path = path_of(&params.text_document.uri);
                let version = params.text_document.version;
                self.documents.change(&path, version, params.content_changes);
                self.analysis.change(&path);
            }
            notification::DidCloseTextDocument::METHOD => {
                let Some(params) = read::<notification::DidCloseTextDocument>(params) else {
                    return;
                };
                self.documents.close(&path_of(&params.text_document.uri));
                self.analysis.clear();
            }
            notification::DidSaveTextDocument::METHOD
            | notification::DidChangeWatchedFiles::METHOD => self.analysis.clear(),
            _ => return,
        }
        self.is_stale = true;
    }

    fn initialize(&mut self, params: &InitializeParams) -> InitializeResult {
        self.phase = Phase::Running;
        let completion = params.capabilities.text_document.as_ref();
        let completion = completion.and_then(|it| it.completion.as_ref()?.completion_item.as_ref());
        self.snippets = completion.and_then(|it| it.snippet_support).unwrap_or(false);
        let folders = params.workspace_folders.iter().flatten().map(|folder| path_of(&folder.uri));
        self.analysis.folders = folders.collect();
        let server_info = ServerInfo {
            name: "sitec".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        };
        InitializeResult { capabilities: capabilities(), server_info: Some(server_info) }
    }

    /// Sends the findings of all confs that are open, as far as they have changed.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.is_stale) {
            return Ok(());
        }
        let now = self.findings();
        let before = std::mem::take(&mut self.published);
        let gone = before.keys().filter(|path| !now.contains_key(*path));
        let gone =
            gone.map(|path| (path, None, &[][..])).filter(|(path, ..)| !before[*path].1.is_empty());
        let changed = now.iter().filter(|(path, told)| before.get(*path) != Some(told));
        let changed = changed.map(|(path, (version, list))| (path, *version, &list[..]));
        for (path, version, list) in gone.chain(changed) {
            let Some(uri) = self.documents.uri(path) else { continue };
            let params = PublishDiagnosticsParams { uri, diagnostics: list.to_vec(), version };
            let method = notification::PublishDiagnostics::METHOD.to_owned();
            let notification = Notification::new(method, params);
            Message::Notification(notification).write(&mut self.out)?;
        }
        self.published = now;
        Ok(())
    }

    /// The findings of all confs that are open, by file.
    fn findings(&mut self) -> Published {
        let open = self.documents.paths();
        let mut roots = BTreeSet::new();
        for path in &open {
            roots.extend(self.analysis.roots(&self.documents, path));
        }
        let mut all: Published = open
            .into_iter()
            .map(|path| {
                let version = self.documents.version(&path);
                (path, (version, Vec::new()))
            })
            .collect();
        // A file may be part of several confs.
        let mut seen = BTreeSet::new();
        for root in roots {
            let documents = &self.documents;
            let checked = self.analysis.checked(documents, &root);
            let files = Files::new(&checked.sources, documents);
            for finding in &checked.findings {
                let span = finding.diagnostic.primary.span;
                let mut diagnostic =
                    convert::diagnostic(finding, files.views[span.file.0 as usize].range(span));
                let related = finding.diagnostic.secondary.iter().filter_map(|label| {
                    let location = files.location(label.span)?;
                    Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
                });
                let related: Vec<_> = related.collect();
                diagnostic.related_information = (!related.is_empty()).then_some(related);
                let path = files.path(span);
                let Range { start, end } = diagnostic.range;
                let place = (path.clone(), start.line, start.character, end.line, end.character);
                if seen.insert((place, diagnostic.message.clone())) {
                    all.entry(path).or_default().1.push(diagnostic);
                }
            }
        }
        all
    }

    /// The place that a request is about, in the first of the confs that its file is part of.
    fn place(&mut self, at: &TextDocumentPositionParams) -> Option<Place<'_>> {
        let path = path_of(&at.text_document.uri);
        let root = self.analysis.roots(&self.documents, &path).into_iter().next()?;
        let documents = &self.documents;
        let project = self.analysis.project(documents, &root);
        let file = project.file(&path)?;
        let view = View::new(project.source(file), documents.text(&path));
        let offset = view.offset(at.position);
        Some(Place { project, file, offset, view, documents })
    }

    fn hover(&mut self, at: &TextDocumentPositionParams) -> Option<Hover> {
        let place = self.place(at)?;
        let (told, span) = place.project.hover(place.file, place.offset)?;
        let contents = HoverContents::Markup(markdown(told));
        Some(Hover { contents, range: Some(place.view.range(span)) })
    }

    fn complete(&mut self, params: &CompletionParams) -> Option<CompletionResponse> {
        let snippets = self.snippets;
        let place = self.place(&params.text_document_position)?;
        let completions = place.project.completions(place.file, place.offset);
        // A blank asks for the next parameter, and is not to bring all directives where a line is
        // indented.
        let trigger =
            params.context.as_ref().and_then(|context| context.trigger_character.as_deref());
        let are_directives = completions.first().is_some_and(|it| it.of.is_directive());
        if trigger == Some(" ") && are_directives {
            return None;
        }
        let items = completions
            .iter()
            .enumerate()
            .map(|(index, it)| convert::completion(it, index, &place.view, snippets));
        Some(CompletionResponse::Array(items.collect()))
    }

    fn definition(&mut self, at: &TextDocumentPositionParams) -> Option<GotoDefinitionResponse> {
        let place = self.place(at)?;
        let Place { project, file, offset, .. } = place;
        if let Some((_, files)) = project.included_at(file, offset) {
            let start = |file| place.location(Span { file, start: 0, end: 0 });
            return Some(GotoDefinitionResponse::Array(
                files.into_iter().filter_map(start).collect(),
            ));
        }
        let name = project.name_at(file, offset)?;
        let given = project.same(name).filter(|other| other.gives);
        let places = given.filter_map(|given| place.location(given.span));
        Some(GotoDefinitionResponse::Array(places.collect()))
    }

    fn references(&mut self, params: &ReferenceParams) -> Option<Vec<Location>> {
        let place = self.place(&params.text_document_position)?;
        let name = place.project.name_at(place.file, place.offset)?;
        let with_given = params.context.include_declaration;
        let same = place.project.same(name).filter(|other| with_given || !other.gives);
        Some(same.filter_map(|other| place.location(other.span)).collect())
    }

    fn highlights(&mut self, at: &TextDocumentPositionParams) -> Option<Vec<DocumentHighlight>> {
        let place = self.place(at)?;
        let name = place.project.name_at(place.file, place.offset)?;
        let here = place.project.same(name).filter(|other| other.span.file == place.file);
        let highlight = |span| DocumentHighlight { range: place.view.range(span), kind: None };
        Some(here.map(|other| highlight(other.span)).collect())
    }

    fn symbols(&mut self, params: &DocumentSymbolParams) -> Option<DocumentSymbolResponse> {
        let place = self.place(&start_of(&params.text_document.uri))?;
        let items = place.project.outline(place.file);
        let symbols = items.iter().map(|item| convert::symbol(item, &place.view)).collect();
        Some(DocumentSymbolResponse::Nested(symbols))
    }

    fn renamable(&mut self, at: &TextDocumentPositionParams) -> Option<PrepareRenameResponse> {
        let place = self.place(at)?;
        let name = place.project.name_at(place.file, place.offset)?;
        place.project.rename(place.file, place.offset, &name.text).ok()?;
        let (range, placeholder) = (place.view.range(name.span), name.text.clone());
        Some(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
    }

    fn rename(&mut self, params: &RenameParams) -> Answer<WorkspaceEdit> {
        let new = params.new_name.trim_start_matches(['$', '@']);
        let nothing = || error(ErrorCode::RequestFailed, "there is no name here");
        let place = self.place(&params.text_document_position).ok_or_else(nothing)?;
        let spans = place.project.rename(place.file, place.offset, new);
        let spans =
            spans.map_err(|why| error(ErrorCode::RequestFailed, &convert::unnamable(&why, new)))?;
        let locations = spans.into_iter().filter_map(|span| place.location(span));
        Ok(workspace_edit(locations.map(|location| (location, new.to_owned()))))
    }

    fn formatted(&mut self, params: &DocumentFormattingParams) -> Option<Vec<TextEdit>> {
        let path = path_of(&params.text_document.uri);
        let text = self.documents.text(&path)?;
        let formatted = String::from_utf8(format("", text.as_bytes()).ok()?).ok()?;
        let mark_len = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let text = text[mark_len..].to_owned();
        let source =
            Source { name: String::new(), text, escaped: false, mark_len: mark_len as u32 };
        Some(View::new(&source, self.documents.text(&path)).edits_to(&formatted))
    }

    fn actions(&mut self, params: &CodeActionParams) -> Option<Vec<CodeActionOrCommand>> {
        let is_wanted = |kind: &CodeActionKind| "quickfix".starts_with(kind.as_str());
        if !params.context.only.as_ref().is_none_or(|only| only.iter().any(is_wanted)) {
            return Some(Vec::new());
        }
        let path = path_of(&params.text_document.uri);
        let mut actions = Vec::new();
        for root in self.analysis.roots(&self.documents, &path) {
            let documents = &self.documents;
            let checked = self.analysis.checked(documents, &root);
            let files = Files::new(&checked.sources, documents);
            for finding in &checked.findings {
                let span = finding.diagnostic.primary.span;
                let range = files.views[span.file.0 as usize].range(span);
                let is_here = range.start <= params.range.end && params.range.start <= range.end;
                if !is_here || files.path(span) != path {
                    continue;
                }
                let diagnostic = convert::diagnostic(finding, range);
                let is_told = |told: &&Diagnostic| {
                    told.range == diagnostic.range && told.message == diagnostic.message
                };
                let told = params.context.diagnostics.iter().find(is_told);
                let told = told.cloned().unwrap_or(diagnostic);
                for fix in &finding.fixes {
                    let changes = fix
                        .changes
                        .iter()
                        .filter_map(|(span, text)| Some((files.location(*span)?, text.clone())));
                    actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                        title: fix.text.clone(),
                        kind: Some(CodeActionKind::QUICKFIX),
                        diagnostics: Some(vec![told.clone()]),
                        edit: Some(workspace_edit(changes)),
                        ..CodeAction::default()
                    }));
                }
            }
        }
        Some(actions)
    }
}

impl Place<'_> {
    fn location(&self, span: Span) -> Option<Location> {
        let source = self.project.source(span.file);
        let path = sitec_compiler::files::plain(&source.name);
        let view = View::new(source, self.documents.text(&path));
        Some(Location { uri: self.documents.uri(&path)?, range: view.range(span) })
    }
}

/// The files of a conf, as the editor has them.
struct Files<'a> {
    views: Vec<View<'a>>,
    paths: Vec<PathBuf>,
    documents: &'a Documents,
}

impl<'a> Files<'a> {
    fn new(sources: &'a Sources, documents: &'a Documents) -> Files<'a> {
        let paths: Vec<_> =
            sources.iter().map(|(_, source)| sitec_compiler::files::plain(&source.name)).collect();
        let files = sources.iter().zip(&paths);
        let views = files.map(|((_, source), path)| View::new(source, documents.text(path)));
        Files { views: views.collect(), paths, documents }
    }

    fn path(&self, span: Span) -> PathBuf {
        self.paths[span.file.0 as usize].clone()
    }

    fn location(&self, span: Span) -> Option<Location> {
        let path: &Path = &self.paths[span.file.0 as usize];
        let range = self.views[span.file.0 as usize].range(span);
        Some(Location { uri: self.documents.uri(path)?, range })
    }
}

/// Answers a request of a kind by its parameters.
fn by<R: request::Request>(
    params: Value,
    answer: impl FnOnce(R::Params) -> Answer<R::Result>,
) -> Answer<Value> {
    let params = serde_json::from_value(params)
        .map_err(|wrong| error(ErrorCode::InvalidParams, &wrong.to_string()))?;
    serde_json::to_value(answer(params)?)
        .map_err(|wrong| error(ErrorCode::InternalError, &wrong.to_string()))
}

/// The parameters of a notification of a kind.
fn read<N: notification::Notification>(params: Value) -> Option<N::Params> {
    serde_json::from_value(params).ok()
}

fn error(code: ErrorCode, message: &str) -> ResponseError {
    ResponseError { code: code as i32, message: message.to_owned(), data: None }
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

fn start_of(uri: &Uri) -> TextDocumentPositionParams {
    let text_document = lsp_types::TextDocumentIdentifier { uri: uri.clone() };
    TextDocumentPositionParams { text_document, position: lsp_types::Position::default() }
}

/// Changes of some files.
// The key is what the protocol's type has; nothing in it changes.
#[allow(clippy::mutable_key_type)]
fn workspace_edit(changes: impl Iterator<Item = (Location, String)>) -> WorkspaceEdit {
    let mut edit = WorkspaceEdit::default();
    for (Location { uri, range }, new_text) in changes {
        let changes = edit.changes.get_or_insert_default();
        changes.entry(uri).or_default().push(TextEdit { range, new_text });
    }
    edit
}

/// A completion with what there is to tell of it.
fn resolved(mut item: CompletionItem) -> CompletionItem {
    let data = item.data.take().unwrap_or_default();
    if let (Some(word), Some(is_line)) = (data[0].as_str(), data[1].as_bool()) {
        let told = documentation(word, is_line);
        item.documentation = told.map(|told| Documentation::MarkupContent(markdown(told)));
    }
    item
}

fn capabilities() -> ServerCapabilities {
    let save = TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) });
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(save),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            resolve_provider: Some(true),
            trigger_characters: Some(["$", "{", "@", "=", "/", " "].map(str::to_owned).into()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: lsp_types::WorkDoneProgressOptions::default(),
        })),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}
