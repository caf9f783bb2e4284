import { Field, Input } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { pushFile, refs } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { createPipeline, type PipelineDefinition, queueRun } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Repository } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useAction } from "../../app/useAction.ts";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { useCommitFields } from "./commitFields.tsx";

/** A text that was committed, and where: it stays committed though what comes after is refused. */
export interface Committed {
  text: string;
  branch: string;
  id: string;
}

/**
 * Commit the file if it changed, make the pipeline, and queue its first run. Where one of these is
 * refused, those before it are done, and not done again by the next try.
 */
export function SaveAndRun({
  scope,
  repository,
  branch,
  path,
  text,
  isNew,
  withRun,
  committed,
  onCommitted,
  onClose,
}: {
  scope: Scope;
  repository: Repository;
  branch: string;
  path: string;
  /** What to commit; undefined where the file is in the repository as it is. */
  text: string | undefined;
  isNew: boolean;
  withRun: boolean;
  committed: Committed | undefined;
  onCommitted: (committed: Committed) => void;
  onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const heads = useResource(refs(scope, repository.name));
  const [name, setName] = useState(repository.name);
  const [made, setMade] = useState<PipelineDefinition>();
  const { message, target, fields } = useCommitFields(branch, {
    message: "Set up CI with Azure Pipelines",
    newBranch: "azure-pipelines",
  });
  const { act, error, isBusy } = useAction(["pipelines", "refs", "file", "folder"]);
  const isCommitted = text === undefined || committed?.text === text;
  const commit = async (content: string) => {
    const head = heads.data?.value.find((ref) => ref.name === `refs/heads/${branch}`)?.objectId;
    const isOnTop = committed?.branch === target;
    const pushed = await pushFile(scope, repository.name, {
      branch: target,
      base: isOnTop ? committed.id : head,
      isNewBranch: target !== branch && !isOnTop,
      path,
      content,
      comment: message,
      isNew: isNew && !isOnTop,
    });
    const id = pushed.commits?.[0]?.commitId ?? "";
    onCommitted({ text: content, branch: target, id });
  };
  const create = async () => {
    const repositoryOf = { id: repository.id, name: repository.name };
    const pipeline = await createPipeline(scope, { name, path, repository: repositoryOf });
    setMade(pipeline);
    return pipeline;
  };
  const save = () =>
    act(async () => {
      if (!isCommitted) await commit(text);
      const pipeline = made ?? (await create());
      if (!withRun) return navigate(links.pipeline(scope, pipeline.id));
      const onBranch = isCommitted && committed ? committed.branch : target;
      const run = await queueRun(scope, pipeline.id, { branch: onBranch });
      navigate(links.run(scope, run.id));
    });
  const title = withRun ? "Save and run" : "Save";
  const and = withRun ? ", and start a run" : "";
  return (
    <FormPanel
      title={title}
      submit={title}
      onSubmit={() => void save()}
      onClose={onClose}
      error={error ?? heads.error ?? undefined}
      isDisabled={isBusy || name.trim() === "" || !heads.data}
    >
      <p>
        {text === undefined
          ? `The file is in the repository already; saving will make the pipeline${and}.`
          : isCommitted
            ? `${path} is committed; saving will make the pipeline${and}.`
            : `Saving will commit ${path} to the repository, make the pipeline${and}.`}
      </p>
      <Field label="Pipeline name" required hint={made ? "The pipeline is made" : undefined}>
        <Input
          value={name}
          disabled={made !== undefined}
          onChange={(_, data) => setName(data.value)}
        />
      </Field>
      {isCommitted ? null : fields}
    </FormPanel>
  );
}
