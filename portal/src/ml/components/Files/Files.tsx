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

const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

export interface Area {
  id: string;
  name: string;
}

/** The folders of a job's areas as a tree, opened one by one. */
export function FileTree({
  place,
  job,
  areas,
  selected,
  hrefOf,
}: {
  place: Place;
  job: string;
  areas: Area[];
  selected: string | undefined;
  hrefOf: (file: string) => string;
}) {
  return (
    <ul className={styles.tree}>
      {areas.map((area) => (
        <li key={area.id}>
          <Folder
            place={place}
            job={job}
            area={area.id}
            entry={{ path: "", isFolder: true, size: 0 }}
            name={area.name}
            isOpenAtFirst={
              area.id === "artifacts" || areas.length === 1 || selected?.startsWith(`${area.id}/`)
            }
            selected={selected}
            hrefOf={hrefOf}
          />
        </li>
      ))}
    </ul>
  );
}

function Folder({
  place,
  job,
  area,
  entry,
  name,
  isOpenAtFirst = false,
  selected,
  hrefOf,
}: {
  place: Place;
  job: string;
  area: string;
  entry: FileEntry;
  name: string;
  isOpenAtFirst?: boolean | undefined;
  selected: string | undefined;
  hrefOf: (file: string) => string;
}) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <FolderIcon aria-hidden /> {name}
        {entry.path === "" ? (
          <a
            href={zipAddress(place, job, area)}
            download
            aria-label={`Download all of ${name}`}
            title="Download all as a zip"
            onClick={(event) => event.stopPropagation()}
          >
            <ArrowDownloadIcon aria-hidden />
          </a>
        ) : null}
      </summary>
      {isOpen ? (
        <Content
          place={place}
          job={job}
          area={area}
          folder={entry.path}
          selected={selected}
          hrefOf={hrefOf}
        />
      ) : null}
    </details>
  );
}

function Content({
  place,
  job,
  area,
  folder,
  selected,
  hrefOf,
}: {
  place: Place;
  job: string;
  area: string;
  folder: string;
  selected: string | undefined;
  hrefOf: (file: string) => string;
}) {
  const query = useResource(files(place, job, area, folder));
  return (
    <Loaded query={query} rows={2}>
      {({ value }) =>
        value.length === 0 ? (
          <p className={styles.empty}>nothing here</p>
        ) : (
          <ul className={styles.tree}>
            {value.map((entry) => {
              const name = entry.path.split("/").pop() ?? entry.path;
              const id = `${area}/${entry.path}`;
              return (
                <li key={entry.path}>
                  {entry.isFolder ? (
                    <Folder
                      place={place}
                      job={job}
                      area={area}
                      entry={entry}
                      name={name}
                      isOpenAtFirst={
                        ["user_logs", "outputs"].includes(name) || selected?.startsWith(`${id}/`)
                      }
                      selected={selected}
                      hrefOf={hrefOf}
                    />
                  ) : (
                    <Link
                      href={hrefOf(id)}
                      className={styles.file}
                      aria-current={id === selected ? "true" : undefined}
                    >
                      <DocumentIcon aria-hidden />
                      <span>{name}</span>
                      <small>{formatSize(entry.size)}</small>
                    </Link>
                  )}
                </li>
              );
            })}
          </ul>
        )
      }
    </Loaded>
  );
}

/** One file: a picture, a text, or the way to save it. */
export function FileView({
  place,
  job,
  area,
  file,
}: {
  place: Place;
  job: string;
  area: string;
  file: string;
}) {
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
        <Text place={place} job={job} area={area} file={file} />
      )}
    </section>
  );
}

function Text({
  place,
  job,
  area,
  file,
}: {
  place: Place;
  job: string;
  area: string;
  file: string;
}) {
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
