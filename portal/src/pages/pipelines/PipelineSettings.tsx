import { Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";
import { useResource } from "../../api/resource.ts";
import { type BuildDefinition, changeDefinition, definition, shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { useAction } from "../../app/useAction.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";

interface Props {
  scope: Scope;
  id: number;
  onClose: () => void;
}

const STATUSES: [BuildDefinition["queueStatus"], string][] = [
  ["enabled", "Enabled"],
  ["paused", "Paused: nothing starts"],
  ["disabled", "Disabled: nothing starts"],
];

/** What can be set of a pipeline: its name and folder, its file, and whether it takes runs. */
export function PipelineSettings(props: Props) {
  const query = useResource(definition(props.scope, props.id));
  if (query.data) return <Settings {...props} known={query.data} />;
  return (
    <SidePanel title="Settings" onClose={props.onClose}>
      <Loaded query={query}>{() => null}</Loaded>
    </SidePanel>
  );
}

function Settings({ scope, id, onClose, known }: Props & { known: BuildDefinition }) {
  const [name, setName] = useState(known.name);
  const [folder, setFolder] = useState(known.path);
  const [file, setFile] = useState(known.process.yamlFilename);
  const [branch, setBranch] = useState(shortBranch(known.repository.defaultBranch));
  const [queueStatus, setQueueStatus] = useState(known.queueStatus);
  const { act, error, isBusy } = useAction(["definition", "pipeline", "pipelines"]);
  const save = async () => {
    const change = {
      revision: known.revision,
      name: name.trim(),
      path: folder,
      queueStatus,
      process: { yamlFilename: file },
      repository: { defaultBranch: branch },
    };
    if (await act(() => changeDefinition(scope, id, change))) onClose();
  };
  return (
    <FormPanel
      title="Settings"
      submit="Save"
      onSubmit={() => void save()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name.trim() === "" || file.trim() === ""}
    >
      <Field label="Name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Folder" hint="\ is the top; \team\nightly is a folder in a folder">
        <Input value={folder} onChange={(_, data) => setFolder(data.value)} />
      </Field>
      <Field label="YAML file path" required>
        <Input value={file} onChange={(_, data) => setFile(data.value)} />
      </Field>
      <Field label="Default branch" hint="For runs by hand and by schedule">
        <Input value={branch} onChange={(_, data) => setBranch(data.value)} />
      </Field>
      <Field label="Processing of new runs">
        <Select
          value={queueStatus}
          onChange={(_, data) => setQueueStatus(data.value as BuildDefinition["queueStatus"])}
        >
          {STATUSES.map(([status, text]) => (
            <option key={status} value={status}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
    </FormPanel>
  );
}
