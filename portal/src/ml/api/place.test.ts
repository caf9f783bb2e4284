import { describe, expect, test } from "vitest";
import { idOf, placeOf, placeOfQuery, SUBSCRIPTION, studioApi } from "./place.ts";

const dev = { subscription: "s", group: "dev rg", workspace: "ws" };

describe("a workspace", () => {
  test("is what its id says", () => {
    expect(placeOf(idOf(dev))).toEqual(dev);
    expect(placeOf(idOf(dev).toLowerCase())).toEqual(dev);
  });
  test("is not what another id says", () => {
    for (const id of ["", "/subscriptions/s", `${idOf(dev)}/jobs/j`, "https://example.com"]) {
      expect(placeOf(id)).toBeUndefined();
    }
  });
  test("is found in an address by id, or by name and group", () => {
    expect(placeOfQuery(new URLSearchParams({ wsid: idOf(dev) }))).toEqual(dev);
    const named = new URLSearchParams({ ws: "ws", rg: "g" });
    expect(placeOfQuery(named)).toEqual({
      subscription: SUBSCRIPTION,
      group: "g",
      workspace: "ws",
    });
    expect(placeOfQuery(new URLSearchParams({ ws: "ws" }))).toBeUndefined();
  });
  test("names what is hard to write as it must be in an address", () => {
    expect(studioApi(dev, "jobs", "a/b")).toMatch(
      /resourceGroups\/dev%20rg\/.*\/ws\/penstock\/jobs\/a%2Fb$/,
    );
  });
});
