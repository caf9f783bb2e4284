/** Files that a pipeline may be in, and pipelines to begin with. */

/** Whether a file may hold a pipeline: YAML, and not in a folder of packages. */
export function isPipelineFile(path: string): boolean {
  return /\.ya?ml$/i.test(path) && !/(^|\/)(node_modules|\.git)\//.test(path);
}

/** The files that may be pipelines, those that most likely are first. */
export function likelyFirst(paths: readonly string[]): string[] {
  const rank = (path: string) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^azure-pipelines?[\w.-]*\.ya?ml$/i.test(name)) return 0;
    if (/pipeline/i.test(name)) return 1;
    return path.startsWith("/.penstock/") ? 4 : path.split("/").length > 2 ? 3 : 2;
  };
  return paths
    .filter(isPipelineFile)
    .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

export interface Suggestion {
  id: "python" | "ml" | "starter";
  name: string;
  description: string;
}

const PYTHON: Suggestion = {
  id: "python",
  name: "Python package",
  description: "Create and test a Python package.",
};
const ML: Suggestion = {
  id: "ml",
  name: "Azure Machine Learning job",
  description: "Start a job of Azure Machine Learning from its YAML file.",
};
const STARTER: Suggestion = {
  id: "starter",
  name: "Starter pipeline",
  description:
    "Start with a minimal pipeline that you can customize to build and deploy your code.",
};

/** Beginnings that fit the files of a repository, the best first. */
export function suggestFiles(paths: readonly string[]): Suggestion[] {
  const has = (pattern: RegExp) => paths.some((path) => pattern.test(path));
  return [
    ...(has(/(^|\/)[\w-]*(job|pipeline)[\w-]*\.ya?ml$/i) && has(/\.py$/) ? [ML] : []),
    ...(has(/(^|\/)(pyproject\.toml|setup\.py|requirements\.txt)$/) || has(/\.py$/)
      ? [PYTHON]
      : []),
    STARTER,
  ];
}

const trigger = (branch: string) =>
  `trigger:\n  - ${branch}\n\npool:\n  vmImage: ubuntu-latest\n\n`;

const BODIES: Record<Suggestion["id"], string> = {
  starter: `steps:
  - script: echo Hello, world!
    displayName: Run a one-line script

  - script: |
      echo Add other tasks to build, test, and deploy your project.
    displayName: Run a multi-line script
`,
  python: `steps:
  - task: UsePythonVersion@0
    inputs:
      versionSpec: "3.x"

  - script: |
      python -m pip install --upgrade pip
      pip install -e . pytest
    displayName: Install dependencies

  - script: pytest --junitxml=test-results.xml
    displayName: Test

  - task: PublishTestResults@2
    condition: succeededOrFailed()
    inputs:
      testResultsFiles: test-results.xml
`,
  ml: `steps:
  - task: AzureCLI@2
    displayName: Train
    inputs:
      azureSubscription: local
      scriptType: bash
      scriptLocation: inlineScript
      inlineScript: |
        az ml job create --file job.yml --stream
`,
};

/** The text of a beginning, for a branch; empty for an unknown one. */
export function templateFor(id: string, branch: string): string {
  const body = BODIES[id as Suggestion["id"]];
  return body === undefined ? "" : trigger(branch) + body;
}
