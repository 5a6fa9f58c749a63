import { assertEquals } from "@std/assert";
import { awaitedEnds, recordedGraph } from "../../src/project/recorded_graph.ts";

const daemon = (name: string, file?: string, depends: string[] = []) => ({
  name,
  settings: file === undefined ? {} : { project: { file, depends } },
});

Deno.test("what records say of dependencies: of one file, instances each, circles none", () => {
  const daemons = [
    daemon("web@1", "/a", ["db", "seed:finished"]),
    daemon("db@1", "/a"),
    daemon("db@2", "/a"),
    daemon("seed", "/a"),
    daemon("db", "/b", ["gone"]),
    daemon("lone"),
    { name: "unread" },
  ];
  const graph = recordedGraph(daemons);
  assertEquals(graph.get("web@1"), ["db@1", "db@2", "seed"]);
  assertEquals(graph.get("db"), []);
  assertEquals(graph.get("unread"), []);
  assertEquals(awaitedEnds(daemons[0], graph.get("web@1")!), ["seed"]);
  assertEquals(awaitedEnds(daemons[5], []), []);
  assertEquals(recordedGraph([daemon("a", "/a", ["b"]), daemon("b", "/a", ["a"])]).size, 0);
});
