import { Button } from "@fluentui/react-components";
import { useRef } from "react";
import { deleteSecureFile, secureFiles, uploadSecureFile } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import { useAction } from "../../app/useAction.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Table } from "../../components/Table/Table.tsx";
import styles from "./LibraryPage.module.css";
import { ResourceMenu } from "./ResourceMenu.tsx";

export function SecureFiles({ scope }: { scope: Scope }) {
  const query = useResource(secureFiles(scope));
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState title="No secure file yet">
            A certificate or a key that steps get by <code>DownloadSecureFile@1</code>. It is kept
            encrypted; nobody can download it here.
          </EmptyState>
        ) : (
          <Table
            label="Secure files"
            rows={value}
            rowKey={(file) => file.id}
            columns={[
              { name: "Name", cell: (file) => <strong>{file.name}</strong> },
              { name: "By", width: "20%", cell: (file) => file.createdBy?.displayName },
              {
                name: "Changed",
                width: "130px",
                cell: (file) => <Age time={file.modifiedOn ?? file.createdOn} />,
              },
              {
                name: "Actions",
                isSilent: true,
                width: "48px",
                cell: (file) => (
                  <ResourceMenu
                    scope={scope}
                    type="securefile"
                    id={file.id}
                    name={file.name}
                    changed="secureFiles"
                    remove={() => deleteSecureFile(scope, file.id)}
                    loss="Nobody can bring it back from here."
                  />
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}

export function UploadButton({ scope }: { scope: Scope }) {
  const input = useRef<HTMLInputElement>(null);
  const { act, error, isBusy } = useAction(["secureFiles"]);
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      <input
        ref={input}
        type="file"
        className={styles.upload}
        aria-label="Secure file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void act(() => uploadSecureFile(scope, file));
          event.target.value = "";
        }}
      />
      <Button
        appearance="primary"
        icon={<AddIcon />}
        disabled={isBusy}
        onClick={() => input.current?.click()}
      >
        Secure file
      </Button>
    </>
  );
}
