// Hosts: moments and inputs that are rare.
import { assertEquals } from "@std/assert";
import { e2e, eventually, wordsOf } from "./harness.ts";
import { standInHosts } from "./stand_in_hosts.ts";

const isWorker = (pid: number) => wordsOf(pid)[0] === "imp" && wordsOf(pid).includes("--stdio");

e2e("hosts: one that is gone from the file before it was ready is not lost", async (box) => {
  const { env, ssh } = standInHosts(box);
  // After its greeting nothing more is heard of it until `go` is there.
  const slow = box.script(
    "slow-ssh",
    '#!/bin/sh\nfor last; do :; done\necho >>asked\n(eval "$last") |\n' +
      '{ IFS= read -r l; echo "$l"; while [ ! -e go ]; do sleep 0.02; done; cat; }\n',
  );
  const both = `1/${ssh} web1\n1/${slow} web2\n`;
  Deno.writeTextFileSync(box.path("machines"), both);
  const until = 'until [ -e "$1" ]; do sleep 0.02; done';
  const child = box.start(
    ["pool", "--hosts", "machines", "--shell", until, ":::", "stop", "stop"],
    { env, stderr: "piped" },
  );
  const workers = () => box.processes().filter((pid) => isWorker(pid)).length;
  await eventually(() => workers() === 2, "two hosts are not there");
  Deno.writeTextFileSync(box.path("machines"), `1/${ssh} web1\n`);
  await eventually(() => workers() === 1, "it is not sent home");
  Deno.writeTextFileSync(box.path("go"), "");
  Deno.writeTextFileSync(box.path("stop"), "");
  const { code, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertEquals(Deno.readTextFileSync(box.path("asked")), "\n");
});
