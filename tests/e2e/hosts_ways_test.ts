// The user's own ssh: shared connections, jump hosts, and an sshd that takes few at a time.
import { assertEquals } from "@std/assert";
import { eventually } from "./harness.ts";
import { editFile, pool, WEB1, WEB2, withHosts } from "./over_hosts.ts";

const JOB = ["sh", "-c", "echo $1 on $(uname -n)", "sh", "{}", ":::", "a"];

withHosts(
  "a connection that the user shares is used, and left open",
  [WEB1],
  async (box, hosts) => {
    const control = box.path("control");
    editFile(
      hosts.config,
      /^Host .*$/m,
      `$&\nControlMaster auto\nControlPersist yes\nControlPath ${control}`,
    );
    const { config } = hosts;
    const first = await box.run(["ssh", "-F", config, "web1", "true"]);
    assertEquals(first.code, 0);
    try {
      for (let round = 0; round < 2; round++) {
        const { code, stdout, stderr } = await pool(box, hosts, ["-S", "web1", ...JOB]);
        assertEquals([code, stdout, stderr], [0, "a on web1\n", ""]);
      }
      assertEquals(hosts.host("web1").log().match(/Accepted publickey/g)?.length, 1);
      const check = await box.run(["ssh", "-F", config, "-O", "check", "web1"]);
      assertEquals(check.code, 0);
    } finally {
      await box.run(["ssh", "-F", config, "-O", "exit", "web1"]);
    }
  },
);

withHosts("imp opens no connection for others to share", [WEB1], async (box, hosts) => {
  const control = box.path("control");
  editFile(
    hosts.config,
    /^Host .*$/m,
    `$&\nControlMaster auto\nControlPersist yes\nControlPath ${control}`,
  );
  const { code, stdout, stderr } = await pool(box, hosts, ["-S", "web1", ...JOB]);
  assertEquals([code, stdout, stderr], [0, "a on web1\n", ""]);
  const check = await box.run(["ssh", "-F", hosts.config, "-O", "check", "web1"]);
  assertEquals(check.code, 255);
});

withHosts("a host behind another", [WEB1, WEB2], async (box, hosts) => {
  editFile(hosts.config, /^Host web2$/m, "Host web2\nProxyJump web1");
  const { code, stdout, stderr } = await pool(box, hosts, ["-S", "web2", ...JOB]);
  assertEquals([code, stdout, stderr], [0, "a on web2\n", ""]);
  assertEquals(hosts.host("web1").log().match(/Accepted publickey/g)?.length, 1);
});

withHosts("an sshd that takes no more at a time is asked again", [
  { ...WEB1, config: ["MaxStartups 1"] },
], async (box, hosts) => {
  const { port, log } = hosts.host("web1");
  const busy = await Deno.connect({ hostname: "127.0.0.1", port });
  const running = pool(box, hosts, ["-S", "web1", ...JOB]);
  await eventually(() => /MaxStartups|drop connection/.test(log()), "nobody was turned away");
  busy.close();
  const { code, stdout, stderr } = await running;
  assertEquals([code, stdout, stderr], [0, "a on web1\n", ""]);
});

withHosts("a key that may only be used for a worker", [
  { ...WEB1, config: ["ForceCommand /usr/local/bin/imp worker --stdio"] },
], async (box, hosts) => {
  const { code, stdout, stderr } = await pool(box, hosts, ["-S", "web1", ...JOB]);
  assertEquals([code, stdout, stderr], [0, "a on web1\n", ""]);
});
