/** Parts of the pages whose code is fetched when they are first shown. */

import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { ErrorBox } from "../ErrorBox/ErrorBox.tsx";
import { Loading } from "./Loading.tsx";

/**
 * A component whose code is fetched when it is first shown, and what to show meanwhile.
 *
 * Not `lazy`: React holds back what a `Suspense` shows until 300 ms after its fallback, which is most
 * of the time between a click and a page.
 */
export function deferred<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: (props: Props) => ReactNode = () => <Loading />,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  // biome-ignore lint/correctness/noComponentHookFactories: called once in a module, as `lazy` is
  return function Deferred(props: Props) {
    const [Shown, setShown] = useState(() => loaded);
    const [failure, setFailure] = useState<Error | undefined>();
    useEffect(() => {
      if (Shown !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setShown(() => component);
        },
        // A newer server has files of other names.
        () => setFailure(new Error("a part of this page could not be loaded; load the page anew")),
      );
    }, [Shown]);
    if (failure) return <ErrorBox error={failure} onRetry={() => window.location.reload()} />;
    return Shown === undefined ? meanwhile(props) : <Shown {...props} />;
  };
}
