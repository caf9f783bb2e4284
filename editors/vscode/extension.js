// Starts `penstock lsp` for YAML files and lets VS Code talk to it; all that is known of pipelines is
// in the server.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

async function start() {
  const settings = workspace.getConfiguration("penstock");
  const [command, ...args] = settings.get("command");
  const cwd = workspace.workspaceFolders?.[0]?.uri.fsPath;
  client = new LanguageClient(
    "penstock",
    "Penstock",
    { command, args, transport: TransportKind.stdio, options: { cwd } },
    {
      documentSelector: [
        { scheme: "file", language: "yaml" },
        { scheme: "file", language: "azure-pipelines" },
      ],
      initializationOptions: { localRepositories: settings.get("localRepositories") },
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{yml,yaml}") },
    },
  );
  try {
    await client.start();
  } catch (error) {
    const hint = "`make install` in a clone of Penstock installs it; or set penstock.command.";
    window.showErrorMessage(`Penstock cannot start "${command}": ${error.message ?? error}. ${hint}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("penstock.restart", async () => {
      await stop();
      await start();
    }),
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("penstock")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
