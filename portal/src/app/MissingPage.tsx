import { Link } from "wouter";
import { EmptyState } from "../components/EmptyState/EmptyState.tsx";
import { Page } from "../components/Page/Page.tsx";

export function MissingPage() {
  return (
    <Page title="Not found" crumbs={[]}>
      <EmptyState title="There is no page at this address">
        <Link href="/">Go to the projects</Link>
      </EmptyState>
    </Page>
  );
}
