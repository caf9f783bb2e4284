import { Button, Field, Input, Select, Textarea } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { createPullRequest, difference, refs } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { fullBranch, shortBranch } from "../../api/runs.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Changes } from "./Changes.tsx";
import { repoCrumbs } from "./crumbs.ts";
import styles from "./NewPullRequestPage.module.css";

export default function NewPullRequestPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const [state, change] = useQueryState();
  const [, navigate] = useLocation();
  const heads = useResource(refs(scope, repo));
  const names = (heads.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const target = state.get("targetRef") || (names.includes("main") ? "main" : (names[0] ?? ""));
  const source = state.get("sourceRef") || (names.find((name) => name !== target) ?? "");
  const [title, setTitle] = useState("");
  const [description, setDescription] = useState("");
  const { act, error, isBusy } = useAction(["pullRequests"]);
  const isPair = source !== "" && source !== target;
  const found = useResource(difference(scope, repo, isPair ? target : "", isPair ? source : ""));
  const create = () =>
    act(async () => {
      const made = await createPullRequest(scope, repo, {
        sourceRefName: fullBranch(source),
        targetRefName: fullBranch(target),
        title: title || source,
        description,
      });
      navigate(links.pullRequest(scope, repo, made.pullRequestId));
    });
  const choose = (name: string, value: string, label: string) => (
    <Field label={label}>
      <Select value={value} onChange={(_, data) => change({ [name]: data.value })}>
        {names.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Select>
    </Field>
  );
  return (
    <Page
      title="New pull request"
      crumbs={[
        ...repoCrumbs(scope, repo),
        { name: "Pull requests", href: links.pullRequests(scope, repo) },
      ]}
    >
      {heads.data === undefined ? (
        <Loaded query={heads}>{() => null}</Loaded>
      ) : names.length < 2 ? (
        <EmptyState
          title="There is one branch only"
          command={"git switch -c my-change\ngit push penstock my-change"}
        >
          Push another branch; a pull request asks to merge it.
        </EmptyState>
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          {error ? <ErrorBox error={error} /> : null}
          <div className={styles.pair}>
            {choose("sourceRef", source, "From")}
            {choose("targetRef", target, "Into")}
          </div>
          {source === target ? <p>A branch is merged into another one: choose two.</p> : null}
          <Field label="Title">
            <Input
              value={title}
              placeholder={source}
              onChange={(_, data) => setTitle(data.value)}
            />
          </Field>
          <Field label="Description" hint="Markdown">
            <Textarea
              rows={4}
              value={description}
              onChange={(_, data) => setDescription(data.value)}
            />
          </Field>
          <div>
            <Button type="submit" appearance="primary" disabled={!isPair || isBusy}>
              Create
            </Button>
          </div>
        </form>
      )}
      {isPair ? (
        <Loaded query={found}>
          {({ changes, commonCommit }) => (
            <Changes
              scope={scope}
              repo={repo}
              changes={changes}
              before={commonCommit ?? target}
              after={source}
            />
          )}
        </Loaded>
      ) : null}
    </Page>
  );
}
