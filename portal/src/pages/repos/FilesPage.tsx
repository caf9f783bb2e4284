import { Button } from "@fluentui/react-components";
import { useMemo, useState, useSyncExternalStore } from "react";
import { Link, useLocation } from "wouter";
import { file, fileDownload, folder, refs, repository } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Item, Repository } from "../../api/wire.ts";
import { branchOf, links, versionOf } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { ArrowDownloadIcon, DocumentIcon, FolderIcon, RocketIcon } from "../../components/icons.ts";
import { Loaded, Loading } from "../../components/Loading/Loading.tsx";
import { LazyMarkdown } from "../../components/Markdown/LazyMarkdown.tsx";
import { relativeTo } from "../../components/Markdown/links.ts";
import { Page } from "../../components/Page/Page.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { parseLineHash } from "../../text/logline.ts";
import { repoCrumbs, repoTabs } from "./crumbs.ts";
import styles from "./FilesPage.module.css";
import { VersionSelect } from "./VersionSelect.tsx";

/** `_git/{repo}?path=/src&version=GBmain`: a folder with its README, or a file. */
export default function FilesPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const query = useResource(repository(scope, repo));
  const heads = useResource(refs(scope, repo));
  const [state, change] = useQueryState();
  const [, navigate] = useLocation();
  const [isCloning, setCloning] = useState(false);
  const mayEdit = useMay(scope, "contributor");
  const failure = query.error ?? heads.error;
  const names = (heads.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const named = branchOf(state.get("version"));
  const standard = query.data?.defaultBranch ? shortBranch(query.data.defaultBranch) : names[0];
  const branch = named || standard || "";
  const path = state.get("path") || "/";
  return (
    <Page
      title={repo}
      crumbs={repoCrumbs(scope)}
      actions={
        <>
          {mayEdit && names.length > 0 ? (
            <Button icon={<RocketIcon />} onClick={() => navigate(links.newPipeline(scope, repo))}>
              Set up build
            </Button>
          ) : null}
          <Button appearance="primary" onClick={() => setCloning(true)}>
            Clone
          </Button>
        </>
      }
      tabs={<Tabs label={repo} tabs={repoTabs(scope, repo, "Files", branch)} />}
    >
      {query.data && heads.data && names.length === 0 ? (
        <EmptyRepository repository={query.data} />
      ) : branch ? (
        <>
          <div className={styles.bar}>
            <VersionSelect
              value={branch}
              branches={names}
              onChange={(chosen) => change({ version: versionOf(chosen) })}
            />
            <PathLine scope={scope} repo={repo} path={path} branch={branch} />
          </div>
          <Contents
            key={`${branch}:${path}`}
            scope={scope}
            repo={repo}
            path={path}
            branch={branch}
          />
        </>
      ) : failure ? (
        <ErrorBox error={failure} />
      ) : (
        <Loading />
      )}
      {isCloning && query.data ? (
        <Clone
          organization={scope.organization}
          repository={query.data}
          onClose={() => setCloning(false)}
        />
      ) : null}
    </Page>
  );
}

interface Place {
  scope: Scope;
  repo: string;
  path: string;
  branch: string;
}

function PathLine({ scope, repo, path, branch }: Place) {
  const parts = path.split("/").filter(Boolean);
  return (
    <nav aria-label="Path" className={styles.path}>
      <Link href={links.files(scope, repo, { branch })}>{repo}</Link>
      {parts.map((part, index) => (
        <span key={`${index}${part}`}>
          {" / "}
          <Link
            href={links.files(scope, repo, {
              branch,
              path: `/${parts.slice(0, index + 1).join("/")}`,
            })}
          >
            {part}
          </Link>
        </span>
      ))}
    </nav>
  );
}

/** A path is a folder when the service lists something below it. */
function Contents({ scope, repo, path, branch }: Place) {
  const query = useResource(folder(scope, repo, { path, branch }));
  return (
    <Loaded query={query} rows={8}>
      {({ value }) => {
        const isFile =
          value.length === 1 && value[0]?.gitObjectType === "blob" && value[0].path === path;
        if (isFile) return <FileView scope={scope} repo={repo} path={path} branch={branch} />;
        const entries = value
          .filter((item) => item.path !== path && item.path !== "/")
          .sort(
            (one, other) =>
              Number(isFolder(other)) - Number(isFolder(one)) || one.path.localeCompare(other.path),
          );
        const readme = entries.find((item) => /\/readme(\.md)?$/i.test(item.path));
        return (
          <>
            <Table
              label="Files"
              rows={entries}
              rowKey={(item) => item.path}
              columns={[
                {
                  name: "Name",
                  width: "34%",
                  cell: (item) => (
                    <span className={styles.name}>
                      {isFolder(item) ? (
                        <FolderIcon aria-label="Folder" />
                      ) : (
                        <DocumentIcon aria-hidden />
                      )}
                      <Link href={links.files(scope, repo, { path: item.path, branch })}>
                        {item.path.slice(item.path.lastIndexOf("/") + 1)}
                      </Link>
                    </span>
                  ),
                },
                {
                  name: "Last change",
                  width: "130px",
                  cell: (item) => <Age time={item.latestProcessedChange?.author?.date} />,
                },
                {
                  name: "Commit",
                  cell: ({ latestProcessedChange: change }) =>
                    change ? (
                      <Link
                        href={links.commit(scope, repo, change.commitId)}
                        className={styles.commit}
                      >
                        {change.comment?.split("\n")[0] ?? change.commitId.slice(0, 8)}
                      </Link>
                    ) : null,
                },
              ]}
            />
            {readme ? (
              <div className={styles.readme}>
                <Readme scope={scope} repo={repo} path={readme.path} branch={branch} />
              </div>
            ) : null}
          </>
        );
      }}
    </Loaded>
  );
}

const isFolder = (item: Item) => item.isFolder === true || item.gitObjectType === "tree";

function Readme({ scope, repo, path, branch }: Place) {
  const query = useResource(file(scope, repo, { path, branch }));
  return (
    <Card title={path.slice(path.lastIndexOf("/") + 1)}>
      <Loaded query={query} rows={4}>
        {({ content }) => (
          <MarkdownText
            text={content ?? ""}
            scope={scope}
            repo={repo}
            path={path}
            branch={branch}
          />
        )}
      </Loaded>
    </Card>
  );
}

function MarkdownText({ text, scope, repo, path, branch }: Place & { text: string }) {
  return (
    <LazyMarkdown
      text={text}
      linkTo={(relative) => {
        const target = relativeTo(path, relative);
        return target && links.files(scope, repo, { path: target, branch });
      }}
      pictureAt={(relative) => {
        const target = relativeTo(path, relative);
        return target && fileDownload(scope, repo, { path: target, branch });
      }}
    />
  );
}

function FileView({ scope, repo, path, branch }: Place) {
  const query = useResource(file(scope, repo, { path, branch }));
  const [isSource, setSource] = useState(false);
  const isMarkdown = /\.(md|markdown)$/i.test(path);
  const marked = useMarkedLines();
  const download = fileDownload(scope, repo, { path, branch });
  return (
    <Loaded query={query}>
      {(item) => {
        const text = item.content ?? "";
        return (
          <Card
            title={path.slice(path.lastIndexOf("/") + 1)}
            action={
              <span className={styles.actions}>
                {isMarkdown ? (
                  <Button size="small" onClick={() => setSource(!isSource)}>
                    {isSource ? "Preview" : "Source"}
                  </Button>
                ) : null}
                <Button as="a" size="small" icon={<ArrowDownloadIcon />} href={download} download>
                  Download
                </Button>
              </span>
            }
          >
            {item.contentMetadata?.isBinary || text.includes("\u0000") ? (
              <p>This file is not text.</p>
            ) : text.length > 1_000_000 ? (
              <p>This file is too large to show; download it.</p>
            ) : isMarkdown && !isSource ? (
              <MarkdownText text={text} scope={scope} repo={repo} path={path} branch={branch} />
            ) : (
              <CodeBlock
                text={text}
                numbers
                marked={marked}
                label={path}
                language={/\.ya?ml$/i.test(path) ? "yaml" : /\.sh$/.test(path) ? "shell" : "plain"}
              />
            )}
          </Card>
        );
      }}
    </Loaded>
  );
}

/** The lines that the address names, `#L5-L8`. */
function useMarkedLines(): ReadonlySet<number> {
  const hash = useSyncExternalStore(onHashChange, () => window.location.hash);
  return useMemo(() => {
    const range = parseLineHash(hash);
    if (range === undefined) return new Set();
    return new Set(Array.from({ length: range.to - range.from + 1 }, (_, at) => range.from + at));
  }, [hash]);
}

function onHashChange(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function EmptyRepository({ repository: repo }: { repository: Repository }) {
  return (
    <EmptyState
      title={`${repo.name} is empty`}
      command={`git remote add penstock ${repo.remoteUrl}\ngit push penstock main`}
    >
      Push a repository here. Git asks for a name and a password: any name, and a personal access
      token. <code>penstock push</code> does all of it.
    </EmptyState>
  );
}

function Clone({
  organization,
  repository: repo,
  onClose,
}: {
  organization: string;
  repository: Repository;
  onClose: () => void;
}) {
  return (
    <SidePanel title="Clone repository" onClose={onClose}>
      <h3>HTTPS</h3>
      <CodeBlock text={repo.remoteUrl} language="shell" />
      <h3>Command line</h3>
      <CodeBlock text={`git clone ${repo.remoteUrl}`} language="shell" />
      <p>
        Git asks for a name and a password. Any name will do; the password is a{" "}
        <Link href={links.tokens(organization)}>personal access token</Link> with the scope Code.
      </p>
    </SidePanel>
  );
}
