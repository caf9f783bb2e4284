import { Select } from "@fluentui/react-components";
import { shortBranch } from "../../api/runs.ts";

/** The choice of a branch; what is shown may be a tag or a commit. */
export function VersionSelect({
  value,
  branches,
  onChange,
}: {
  value: string;
  branches: readonly string[];
  onChange: (branch: string) => void;
}) {
  return (
    <Select aria-label="Branch" value={value} onChange={(_, data) => onChange(data.value)}>
      {[...new Set([value, ...branches])].filter(Boolean).map((name) => (
        <option key={name} value={name}>
          {/^[0-9a-f]{40}$/.test(name) ? name.slice(0, 8) : shortBranch(name)}
        </option>
      ))}
    </Select>
  );
}
