import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { Route, Switch } from "wouter";
import { session } from "../api/people.ts";
import { ApiError, whenSignedOut } from "../api/request.ts";
import { useResource } from "../api/resource.ts";
import type { Session } from "../api/wire.ts";
import { ErrorBox } from "../components/ErrorBox/ErrorBox.tsx";
import { deferred } from "../components/Loading/deferred.tsx";
import { SignInPage } from "../pages/signin/SignInPage.tsx";
import { MissingPage } from "./MissingPage.tsx";
import { routes } from "./routes.ts";
import { Shell } from "./Shell/Shell.tsx";
import { SessionContext } from "./session.ts";
import { ThemeProvider } from "./ThemeProvider.tsx";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 300_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) =>
        error instanceof ApiError && error.status === 0 ? failures < 5 : false,
    },
  },
});

const pages = routes.map(({ path, load }) => ({
  path,
  Page: deferred(async () => (await load()).default),
}));

export function App() {
  return (
    <ThemeProvider>
      <QueryClientProvider client={client}>
        <SignedIn />
      </QueryClientProvider>
    </ThemeProvider>
  );
}

function SignedIn() {
  const query = useResource(session());
  useEffect(() => {
    whenSignedOut(() => {
      if (client.getQueryData(["session"])) void client.resetQueries({ queryKey: ["session"] });
    });
  }, []);
  if (query.data) {
    return (
      <SessionContext value={query.data}>
        <Shell>
          <Switch>
            {pages.map(({ path, Page }) => (
              <Route key={path} path={path}>
                {(params) => <Page params={params as Record<string, string>} />}
              </Route>
            ))}
            <Route>
              <MissingPage />
            </Route>
          </Switch>
        </Shell>
      </SessionContext>
    );
  }
  if (query.error?.status === 401) {
    return <SignInPage onSignedIn={enter} />;
  }
  if (query.error) return <ErrorBox error={query.error} onRetry={() => query.refetch()} />;
  return null;
}

/** Begin a session, which may be another person's than the last: nothing of that is kept. Drafts of
 * the same person are: the session may have ended while something was written. */
function enter(found: Session): void {
  client.removeQueries({
    predicate: ({ queryKey: [kind, owner] }) =>
      kind !== "session" && !(kind === "draft" && owner === found.account.id),
  });
  client.setQueryData(["session"], found);
}
