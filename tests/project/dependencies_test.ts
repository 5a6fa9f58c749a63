import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { inDependencyOrder } from "../../src/project/dependency_order.ts";
import {
  findCircles,
  parseDependency,
  reversed,
  withDependencies,
  withDependents,
} from "../../src/project/dependencies.ts";

/** Each may depend on those after it only: without circles. */
const acyclic = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: size, maxLength: size })
).map((rows) =>
  new Map(rows.map((needs, i) => [
    `d${i}`,
    [...new Set(needs.map((one) => i + 1 + one).filter((one) => one < rows.length))]
      .map((one) => `d${one}`),
  ]))
);

Deno.test("dependencies: how they are written", () => {
  assertEquals(parseDependency("db"), { name: "db", finished: false });
  assertEquals(parseDependency("m:finished"), { name: "m", finished: true });
  for (const text of ["", ":finished", "a:b", "a:finished:x"]) {
    assertEquals(parseDependency(text), undefined);
  }
});

Deno.test("dependencies: a circle is found where there is one, and only there", () => {
  fc.assert(fc.property(acyclic, fc.nat(11), fc.nat(11), (graph, a, b) => {
    assertEquals(findCircles(graph), []);
    const [from, to] = [`d${a}`, `d${b}`];
    if (!graph.has(from) || !graph.has(to) || !withDependencies(graph, [from]).has(to)) return;
    const closed = new Map(graph).set(to, [...graph.get(to)!, from]);
    const [circle] = findCircles(closed);
    assertEquals(circle[0], circle.at(-1));
    circle.slice(1).forEach((name, i) => assert(closed.get(circle[i])!.includes(name)));
  }));
});

Deno.test("dependencies: each circle is reported, and one that waits for itself", () => {
  const graph = { a: ["b"], b: ["c", "x"], c: ["a"], d: ["d", "a"], x: ["y"], y: ["x"], z: ["y"] };
  assertEquals(findCircles(new Map(Object.entries(graph))), [
    ["a", "b", "c", "a"],
    ["x", "y", "x"],
    ["d", "d"],
  ]);
});

Deno.test("dependencies: forwards and backwards are the same relation", () => {
  fc.assert(fc.property(acyclic, (graph) => {
    for (const name of graph.keys()) {
      for (const other of withDependencies(graph, [name])) {
        assert(withDependents(graph, [other]).has(name));
      }
    }
    assertEquals(
      [...reversed(reversed(graph))].map(([name, needs]) => [name, needs.toSorted()]),
      [...graph].map(([name, needs]) => [name, needs.toSorted()]),
    );
  }));
});

Deno.test("dependencies: each is done once, after all that it needs", async () => {
  await fc.assert(fc.asyncProperty(acyclic, fc.array(fc.nat(11)), async (graph, some) => {
    const names = some.length > 0
      ? some.map((i) => `d${i}`).filter((n) => graph.has(n))
      : graph.keys();
    const chosen = new Set(names);
    const done: string[] = [];
    await inDependencyOrder(chosen, graph, async (name) => {
      await Promise.resolve();
      for (const need of graph.get(name)!) assert(!chosen.has(need) || done.includes(need));
      done.push(name);
    });
    assertEquals(done.toSorted(), [...chosen].toSorted());
  }));
});
