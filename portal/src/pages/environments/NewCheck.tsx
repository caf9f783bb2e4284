import { Checkbox, Field, Input, Select, Textarea } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";
import { addCheck, type NewCheck } from "../../api/library.ts";
import { members } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { EnvironmentRow } from "../../api/wire.ts";
import { useSession } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import {
  approval,
  branchControl,
  businessHours,
  DAYS,
  exclusiveLock,
  type Hours,
} from "./checks.ts";
import styles from "./EnvironmentPage.module.css";

type Kind = "approval" | "lock" | "branches" | "hours";

const KINDS: [Kind, string][] = [
  ["approval", "Approvals"],
  ["branches", "Branch control"],
  ["hours", "Business hours"],
  ["lock", "Exclusive lock"],
];

/** What a check is to be as far as it is chosen (undefined: not yet), and the fields that ask. */
interface Asked {
  check: NewCheck | undefined;
  fields: ReactNode;
}

/** Ask for something more before an environment is deployed to. */
export function NewCheckPanel({
  scope,
  environment,
  onClose,
}: {
  scope: Scope;
  environment: EnvironmentRow;
  onClose: () => void;
}) {
  const [kind, setKind] = useState<Kind>("approval");
  const { act, error, isBusy } = useAction(["checks"]);
  const asked: Record<Kind, Asked> = {
    approval: useApproval(scope),
    branches: useBranches(),
    hours: useHours(),
    lock: {
      check: exclusiveLock(),
      fields: <p>One stage at a time deploys here; the others wait for it.</p>,
    },
  };
  const { check, fields } = asked[kind];
  const add = async () => {
    if (check && (await act(() => addCheck(scope, environment, check)))) onClose();
  };
  return (
    <FormPanel
      title="New check"
      submit="Create"
      onSubmit={() => void add()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || check === undefined}
    >
      <Field label="Check">
        <Select value={kind} onChange={(_, data) => setKind(data.value as Kind)}>
          {KINDS.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      {fields}
    </FormPanel>
  );
}

function useApproval(scope: Scope): Asked {
  const { account } = useSession();
  const people = useResource(members(scope));
  const [chosen, setChosen] = useState<string[]>([]);
  const [isOneEnough, setOneEnough] = useState(true);
  const [mayRequester, setMayRequester] = useState(true);
  const [instructions, setInstructions] = useState("");
  const others = (people.data?.value ?? []).map((member) => member.account);
  const candidates = [account, ...others.filter(({ id }) => id !== account.id)];
  const approvers = candidates
    .filter(({ id }) => chosen.includes(id))
    .map(({ id, displayName }) => ({ id, displayName }));
  const fields = (
    <>
      <div role="group" aria-label="Approvers" className={styles.choices}>
        <span>Approvers</span>
        {candidates.map(({ id, displayName }) => (
          <Checkbox
            key={id}
            label={displayName}
            checked={chosen.includes(id)}
            onChange={(_, { checked }) =>
              setChosen(checked ? [...chosen, id] : chosen.filter((other) => other !== id))
            }
          />
        ))}
        {people.error ? <span role="alert">{people.error.message}</span> : null}
      </div>
      {approvers.length > 1 ? (
        <Field label="Approvals needed">
          <Select
            value={isOneEnough ? "one" : "all"}
            onChange={(_, data) => setOneEnough(data.value === "one")}
          >
            <option value="one">One of them</option>
            <option value="all">All of them</option>
          </Select>
        </Field>
      ) : null}
      <Checkbox
        label="Who started a run may approve it"
        checked={mayRequester}
        onChange={(_, { checked }) => setMayRequester(checked === true)}
      />
      <Field label="Instructions to approvers">
        <Textarea value={instructions} onChange={(_, data) => setInstructions(data.value)} />
      </Field>
    </>
  );
  const wanted = { approvers, isOneEnough, mayRequester, instructions };
  return { check: approvers.length > 0 ? approval(wanted) : undefined, fields };
}

function useBranches(): Asked {
  const [branches, setBranches] = useState("main");
  const fields = (
    <Field label="Branches" required hint="By commas; * stands for any text">
      <Input value={branches} onChange={(_, data) => setBranches(data.value)} />
    </Field>
  );
  return { check: branches.trim() === "" ? undefined : branchControl(branches), fields };
}

function useHours(): Asked {
  const [hours, setHours] = useState<Hours>(() => ({
    days: DAYS.slice(0, 5),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    start: "09:00",
    end: "17:00",
  }));
  const set = (what: Partial<Hours>) => setHours({ ...hours, ...what });
  const fields = (
    <>
      <div role="group" aria-label="Days" className={styles.choices}>
        <span>Days</span>
        {DAYS.map((day) => (
          <Checkbox
            key={day}
            label={day}
            checked={hours.days.includes(day)}
            onChange={(_, { checked }) =>
              set({
                days: DAYS.filter((one) => (one === day ? checked : hours.days.includes(one))),
              })
            }
          />
        ))}
      </div>
      <Field label="From">
        <Input type="time" value={hours.start} onChange={(_, data) => set({ start: data.value })} />
      </Field>
      <Field label="To">
        <Input type="time" value={hours.end} onChange={(_, data) => set({ end: data.value })} />
      </Field>
      <Field label="Time zone">
        <Input value={hours.timeZone} onChange={(_, data) => set({ timeZone: data.value })} />
      </Field>
    </>
  );
  return { check: hours.days.length > 0 ? businessHours(hours) : undefined, fields };
}
