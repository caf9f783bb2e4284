import { Button, Field, Input } from "@fluentui/react-components";
import { type FormEvent, useEffect, useState } from "react";
import { type Credentials, signIn } from "../../api/people.ts";
import type { ApiError } from "../../api/request.ts";
import type { Session } from "../../api/wire.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import styles from "./SignInPage.module.css";

/** Name and password, or a personal access token; then the page that was asked for. */
export function SignInPage({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [withToken, setWithToken] = useState(false);
  const [userName, setUserName] = useState("");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in - Penstock";
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const credentials: Credentials = withToken ? { token: secret } : { userName, password: secret };
    try {
      onSignedIn(await signIn(credentials));
    } catch (refusal) {
      setError(refusal as ApiError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className={styles.page}>
      <form className={styles.box} onSubmit={submit}>
        <div className={styles.brand}>
          <img src={`${import.meta.env.BASE_URL}logo.svg`} alt="" width="40" height="40" />
          <h1>Sign in to Penstock</h1>
        </div>
        {error ? <ErrorBox error={error} /> : null}
        {withToken ? null : (
          <Field label="User name" required>
            <Input
              name="username"
              autoComplete="username"
              autoFocus
              value={userName}
              onChange={(_, data) => setUserName(data.value)}
            />
          </Field>
        )}
        <Field label={withToken ? "Personal access token" : "Password"} required>
          <Input
            name="password"
            type="password"
            autoComplete="current-password"
            value={secret}
            onChange={(_, data) => setSecret(data.value)}
          />
        </Field>
        <Button type="submit" appearance="primary" disabled={isBusy}>
          Sign in
        </Button>
        <Button
          appearance="transparent"
          onClick={() => {
            setWithToken(!withToken);
            setSecret("");
          }}
        >
          {withToken ? "Use name and password" : "Use a personal access token"}
        </Button>
        <p className={styles.hint}>
          The first account and its token were shown once, when <code>penstock up</code> first
          started.
        </p>
      </form>
    </main>
  );
}
