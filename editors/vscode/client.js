// Starts `sitec lsp` and lets it answer for every site.conf.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const command = workspace.getConfiguration("sitec").get("path");
  client = new LanguageClient(
    "sitec",
    "sitec",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "sitec" }],
      // What is found depends on files that nobody has open, too.
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{conf,inc}") },
    },
  );
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
