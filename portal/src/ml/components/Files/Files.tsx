import { useState } from "react";
import { Link } from "wouter";
import { useResource } from "../../../api/resource.ts";
import { CodeBlock } from "../../../components/CodeBlock/CodeBlock.tsx";
import { ArrowDownloadIcon, DocumentIcon, FolderIcon } from "../../../components/icons.ts";
import { Loaded } from "../../../components/Loading/Loading.tsx";
import { formatSize } from "../../../text/time.ts";
import { fileAddress, files, fileText, zipAddress } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { FileEntry } from "../../api/wire.ts";
import styles from "./Files.module.css";

const OPEN_AT_FIRST = ["user_logs", "outputs"];
const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

export interface Area {
  id: string;
  name: string;
}

/** What every part of a tree of files knows. */
interface Tree {
  place: Place;
  job: string;
  /** More files may come. */
  isGrowing: boolean;
  /** The file that is open, `AREA/PATH`; an area alone is open as a folder. */
  selected: string | undefined;
  hrefOf: (file: string) => string;
}

/** The folders of a job's areas as a tree, opened one by one. */
export function FileTree({ areas, ...tree }: Tree & { areas: Area[] }) {
  return (
    <ul className={styles.tree}>
      {areas.map(({ id, name }) => (
        <li key={id}>
          <Folder
            {...tree}
            area={id}
            path=""
            name={name}
            isOpenAtFirst={id === "artifacts" || areas.length === 1 || isWithin(tree.selected, id)}
          />
        </li>
      ))}
    </ul>
  );
}

function isWithin(selected: string | undefined, folder: string): boolean {
  return selected === folder || selected?.startsWith(`${folder}/`) === true;
}

function Folder({
  area,
  path,
  name,
  isOpenAtFirst,
  ...tree
}: Tree & { area: string; path: string; name: string; isOpenAtFirst: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <FolderIcon aria-hidden /> {name}
        {path === "" ? (
          <a
            href={zipAddress(tree.place, tree.job, area)}
            download
            aria-label={`Download all of ${name}`}
            title="Download all as a zip"
            onClick={(event) => event.stopPropagation()}
          >
            <ArrowDownloadIcon aria-hidden />
          </a>
        ) : null}
      </summary>
      {isOpen ? <Content {...tree} area={area} folder={path} /> : null}
    </details>
  );
}

function Content({ area, folder, ...tree }: Tree & { area: string; folder: string }) {
  const query = useResource(files(tree.place, tree.job, area, folder, tree.isGrowing));
  return (
    <Loaded query={query} rows={2}>
      {({ value }) =>
        value.length === 0 ? (
          <p className={styles.empty}>nothing here</p>
        ) : (
          <ul className={styles.tree}>
            {value.map((entry) => (
              <li key={entry.path}>
                <Entry {...tree} area={area} entry={entry} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

function Entry({ area, entry, ...tree }: Tree & { area: string; entry: FileEntry }) {
  const name = entry.path.split("/").pop() ?? entry.path;
  const id = `${area}/${entry.path}`;
  return entry.isFolder ? (
    <Folder
      {...tree}
      area={area}
      path={entry.path}
      name={name}
      isOpenAtFirst={OPEN_AT_FIRST.includes(name) || isWithin(tree.selected, id)}
    />
  ) : (
    <Link
      href={tree.hrefOf(id)}
      className={styles.file}
      aria-current={id === tree.selected ? "true" : undefined}
    >
      <DocumentIcon aria-hidden />
      <span>{name}</span>
      <small>{formatSize(entry.size)}</small>
    </Link>
  );
}

interface Shown {
  place: Place;
  job: string;
  area: string;
  file: string;
}

/** One file: a picture, a text, or the way to save it. */
export function FileView(shown: Shown) {
  const { place, job, area, file } = shown;
  const address = fileAddress(place, job, area, file);
  return (
    <section className={styles.view} aria-label={file}>
      <header className={styles.head}>
        <h2>{file}</h2>
        <a href={address} download={file.split("/").pop()}>
          Download
        </a>
      </header>
      {PICTURE.test(file) ? (
        <img className={styles.picture} src={address} alt={file} />
      ) : (
        <Text {...shown} />
      )}
    </section>
  );
}

function Text({ place, job, area, file }: Shown) {
  const query = useResource(fileText(place, job, area, file));
  return (
    <Loaded query={query}>
      {(found) =>
        found.isBinary ? (
          <p className={styles.empty}>
            This file of {formatSize(found.size)} is not a text. Download it to open it.
          </p>
        ) : (
          <>
            <CodeBlock
              text={found.text}
              numbers
              language={/\.ya?ml$/i.test(file) ? "yaml" : "plain"}
              label={file}
            />
            {found.isWhole ? null : (
              <p className={styles.empty}>
                The first megabyte of {formatSize(found.size)}. Download it to see all.
              </p>
            )}
          </>
        )
      }
    </Loaded>
  );
}
