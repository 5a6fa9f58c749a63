// The way to a queue: addresses, credentials, TLS, and one sentence for each failure. imp runs stands for all that take --on.
import { freePort } from "../free_port.ts";
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists, type Sandbox, wordsOf } from "./harness.ts";
import { e2eWithNats, NatsServer, type NatsSettings } from "./nats.ts";
import { certificates, nkeyUser, operatorMode, secretFile } from "./nats_secrets.ts";
import { listed } from "./queue_run.ts";

/** Asks for the runs of a queue. @returns the exit status and stderr */
async function reach(
  box: Sandbox,
  url: string,
  words: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stderr } = await box.imp(["runs", "--on", url, ...words], { env });
  return `${code} ${stderr.replaceAll(/\n\s*/g, " ")}`.trim();
}

/** A server with other settings than {@link e2eWithNats} can know beforehand. */
async function withServer(
  box: Sandbox,
  settings: NatsSettings,
  body: (server: NatsServer) => Promise<void>,
): Promise<void> {
  const server = new NatsServer(box, "other", settings);
  await server.start();
  await body(server);
  await server.end();
}

e2e("URLs that are none", async (box) => {
  for (
    const [url, why] of [
      ["nats://", "names no server"],
      ["http://a", "is not the URL of a queue"],
      ["nats://a:99999", "is not a server"],
      ["nats://a..b:4222/x", "is not a server"],
    ]
  ) {
    const told = await reach(box, url);
    assertEquals([url, told.slice(0, 2), told.includes(why)], [url, "2 ", true], told);
  }
  const told = await reach(box, "nats://me:s3cret@a");
  assertMatch(told, /^2 .*contains credentials, which ps shows to every user/);
  assertEquals(told.includes("s3cret"), false);
});

e2eWithNats("servers that are not there, or are something else", async (box, server) => {
  const none = `nats://127.0.0.1:${freePort()}`;
  assertMatch(await reach(box, none), /^125 .*ECONNREFUSED \(no server listens there\)/);
  assertMatch(await reach(box, "nats://no-such-host.invalid"), /^125 .*no such host/);
  assertMatch(
    await reach(box, `nats://127.0.0.1:${server.monitorPort}`),
    /^125 .*(not a NATS server|no answer|closed the connection)/,
  );
  await withServer(box, { config: "max_payload: 4096" }, async ({ url }) => {
    assertMatch(
      await reach(box, url),
      /^125 .*messages may have 4096 bytes at most \(max_payload\)/,
    );
  });
  // One of several is enough.
  assertEquals(await reach(box, `${none},127.0.0.1:${server.port}`), "0");
  assertEquals(await reach(box, `nats://localhost:${server.port}`), "0");
});

e2eWithNats("a server without JetStream", async (box, server) => {
  assertMatch(
    await reach(box, server.url),
    /^125 imp runs: cannot use nats:\S+: JetStream is not enabled/,
  );
}, { jetstream: false });

const ACCOUNTS = `accounts {
  A { users: [{ user: a, password: s3cret }] }
  B { users: [{ user: b, password: s3cret }], jetstream: { max_streams: 1 } }
}`;

e2eWithNats(
  "an account without JetStream, and one that may have too little",
  async (box, server) => {
    const as = (user: string) => ({ NATS_USER: user, NATS_PASSWORD: "s3cret" });
    assertMatch(await reach(box, server.url, [], as("a")), /^125 .*JetStream is not enabled/);
    assertEquals(await reach(box, server.url, [], as("b")), "0");
    const made = await box.imp(["worker", "--on", server.url, "--drain", "--allow-any"], {
      env: as("b"),
    });
    assertEquals(made.code, 125);
    assertMatch(made.stderr, /the account may have no more streams/);
  },
  { config: ACCOUNTS },
);

e2eWithNats("users with passwords", async (box, server) => {
  const good = { NATS_USER: "me", NATS_PASSWORD: "s3cret" };
  assertEquals(await reach(box, server.url, [], good), "0");
  const wrong = await reach(box, server.url, [], { ...good, NATS_PASSWORD: "wr0ng" });
  assertMatch(wrong, /^125 .*the server refuses user me with the password in NATS_PASSWORD/);
  assertEquals(wrong.includes("wr0ng"), false);
  assertMatch(await reach(box, server.url), /^125 .*the server asks for credentials.*--creds FILE/);
  assertMatch(
    await reach(box, server.url, [], { NATS_USER: "me" }),
    /^125 .*NATS_PASSWORD is not set/,
  );
  const file = secretFile(box, "login", "NATS_USER=me\nNATS_PASSWORD=s3cret\n");
  assertEquals(await reach(box, server.url, ["--creds", file]), "0");
  await Deno.chmod(file, 0o644);
  assertMatch(await reach(box, server.url, ["--creds", file]), /^0 imp runs: every user can read/);
  assertMatch(await reach(box, server.url, ["--creds", "missing"]), /^125 .*missing: ENOENT/);
  assertMatch(
    await reach(box, server.url, ["--creds", secretFile(box, "empty", "")]),
    /^125 .*empty: it contains none/,
  );
}, { config: `authorization { user: me, password: s3cret }` });

e2eWithNats("a token", async (box, server) => {
  assertEquals(await reach(box, server.url, [], { NATS_TOKEN: "t0ken" }), "0");
  assertMatch(
    await reach(box, server.url, [], { NATS_TOKEN: "x" }),
    /^125 .*the token in NATS_TOKEN/,
  );
}, { config: `authorization { token: t0ken }` });

e2e("the seed of an nkey", async (box) => {
  const user = nkeyUser(box);
  const stranger = nkeyUser(box, "stranger.nk");
  await withServer(box, { config: user.config }, async ({ url }) => {
    assertEquals(await reach(box, url, ["--creds", user.seed]), "0");
    assertEquals(await reach(box, url, [], { NATS_NKEY: user.seed }), "0");
    assertMatch(
      await reach(box, url, ["--creds", stranger.seed]),
      /^125 .*refuses the credentials in/,
    );
  });
}, ["nats-server"]);

e2e("a .creds file", async (box) => {
  const { config, creds, strangeCreds } = operatorMode(box);
  await withServer(box, { config }, async ({ url }) => {
    assertEquals(await reach(box, url, ["--creds", creds]), "0");
    assertEquals(await reach(box, url, [], { NATS_CREDS: creds }), "0");
    assertMatch(await reach(box, url, [], { NATS_CREDS: strangeCreds }), /^125 .*refuses the cred/);
  });
}, ["nats-server"]);

e2e("TLS: an own CA, another CA, another name, certificates of clients", async (box) => {
  const { ca, otherCa, client, server, elsewhere } = await certificates(box);
  await withServer(box, { tls: server }, async ({ url }) => {
    assertEquals(await reach(box, url, ["--tls-ca", ca]), "0");
    assertEquals(await reach(box, url, [], { NATS_CA: ca }), "0");
    assertMatch(await reach(box, url), /^125 .*CA that this machine does not know.*--tls-ca FILE/);
    assertMatch(
      await reach(box, url, ["--tls-ca", otherCa]),
      /^125 .*not signed by the CA in .*other\.pem/,
    );
    assertMatch(await reach(box, url, ["--tls-ca", "missing"]), /^125 .*missing: ENOENT/);
    assertMatch(await reach(box, url, ["--tls-cert", "a"]), /^2 .*must be given together/);
  });
  await withServer(box, { tls: elsewhere }, async ({ url }) => {
    assertMatch(
      await reach(box, url, ["--tls-ca", ca]),
      /^125 .*certificate is for a different name/,
    );
  });
  await withServer(box, { tls: { ...server, verify: true } }, async ({ url }) => {
    const own = ["--tls-cert", client.cert, "--tls-key", client.key];
    assertEquals(await reach(box, url, ["--tls-ca", ca, ...own]), "0");
    assertMatch(await reach(box, url, ["--tls-ca", ca]), /^125 .*--tls-cert FILE --tls-key FILE/);
    const odd = (cert: string, key: string) =>
      reach(box, url, ["--tls-ca", ca, "--tls-cert", cert, "--tls-key", key]);
    assertMatch(await odd(client.cert, server.key), /^125 .*key in .* does not belong to the cert/);
    assertMatch(await odd(client.key, client.key), /^125 .*client-key\.pem: it contains no cert/);
    assertMatch(
      await odd(client.cert, client.cert),
      /^125 .*client\.pem: it contains no private key/,
    );
    assertMatch(
      await reach(box, url, [], { NATS_CERT: client.cert }),
      /^125 .*cannot use NATS_CERT and NATS_KEY: NATS_KEY is not set/,
    );
  });
}, ["nats-server", "openssl"]);

e2eWithNats("TLS that was asked for is had, or nothing is sent", async (box, server) => {
  const told = await reach(box, server.url.replace("nats:", "tls:"));
  assertMatch(told, /^125 .*the server has no TLS/);
});

e2e("what a user may not do on a server is told, and ends what would wait for it", async (box) => {
  const user = (name: string, publish: string[], subscribe: string[]) =>
    `{ user: ${name}, password: p, permissions: { publish: ${JSON.stringify(publish)}, ` +
    `subscribe: ${JSON.stringify(subscribe)} } }`;
  const own = ["imp.default.>", "$JS.API.>", "$JS.ACK.>", "_INBOX.>"];
  const users = [
    user("good", own, own),
    user("silent", own.slice(1), own),
    user("deaf", own, own.slice(1)),
    user("stranger", own.slice(0, 1), own),
    user("endless", own.filter((one) => one !== "$JS.ACK.>"), own),
  ];
  const config = `authorization { users: [${users.join(", ")}] }`;
  await withServer(box, { config }, async ({ url }) => {
    const told = async (name: string, ...words: string[]) => {
      const env = { NATS_USER: name, NATS_PASSWORD: "p" };
      const { code, stderr } = await box.imp([words[0], "--on", url, ...words.slice(1)], { env });
      return `${code} ${stderr.replaceAll(/\n\s*/g, " ")}`.trim();
    };
    const pool = ["pool", "-q", "true", ":::", "a"], worker = ["worker", "--allow-any"];
    assertMatch(await told("good", ...worker, "--drain"), /^0 /);
    assertMatch(
      await told("stranger", "runs"),
      /^125 .*may not publish to \$JS\.API\.INFO allow it/,
    );
    assertMatch(
      await told("silent", ...pool),
      /^125 .*may not publish to imp\.default\..*; allow it/,
    );
    assertMatch(await told("deaf", ...worker), /^125 .*may not subscribe to imp\.default\./);
    const waiting = told("good", ...pool);
    assertMatch(await told("endless", ...worker), /^125 .*may not publish to \$JS\.ACK\./);
    assertMatch(await waiting, /^0/);
  });
}, ["nats-server"]);

e2eWithNats("a queue that its server has lost is made again by a worker", async (box, server) => {
  const waits = () => server.monitor("/jsz?consumers=1").then((jsz) => jsz?.consumers === 1);
  const worker = box.start(["worker", "--on", server.url, "--allow-any"], { stderr: "piped" });
  let said = "";
  const end = (async () => {
    for await (const text of worker.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  await eventually(waits, "the queue");
  // Nobody runs its job meanwhile.
  const pool = box.imp(["pool", "-q", "--on", server.url, "--needs", "x", "true", ":::", "a"]);
  await eventually(async () => (await listed(box, server))[0]?.total === 1, "a run");
  await server.kill();
  Deno.removeSync(server.store, { recursive: true });
  await server.start();
  const lost = await pool;
  assertEquals(lost.code, 125);
  assertMatch(lost.stderr, /run \S+ is no longer in queue default: .*have lost their store/);
  await eventually(() => /made queue default again: it was no longer/.test(said), () => said);
  await eventually(waits, "the queue");
  const again = await box.imp(["pool", "-q", "--on", server.url, "echo", ":::", "a"]);
  assertEquals([again.code, again.stdout, again.stderr], [0, "a\n", ""]);
  worker.kill("SIGTERM");
  assertEquals((await worker.status).code, 0);
  await end;
});

e2eWithNats("a stream of somebody else's under a queue's name", async (box, server) => {
  const { connect } = await import("@nats-io/transport-node");
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const nats = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: "IMP_default_JOBS", subjects: ["orders.>"], storage: "file" });
  const made = await box.imp(["worker", "--on", server.url, "--drain", "--allow-any"]);
  assertEquals(made.code, 125);
  assertMatch(made.stderr, /stream IMP_default_JOBS exists but is not imp's/);
  const foreign = /^125 .*stream IMP_default_JOBS exists but is not imp's/;
  for (const words of [[], ["set", "--rate", "1/s"], ["remove", "--all", "--yes"]]) {
    assertMatch(await reach(box, server.url, words), foreign);
  }
  const { config } = await manager.streams.info("IMP_default_JOBS");
  assertEquals(config.description ?? "", "");
  const there = await Array.fromAsync(manager.streams.list(), (one) => one.config.name);
  assertEquals(there, ["IMP_default_JOBS"]);
  await nats.close();
});

e2e("a worker waits for a server that comes later; a pool does not", async (box) => {
  const server = new NatsServer(box, "later");
  const { url } = server;
  const pool = await box.imp(["pool", "--on", url, "true", ":::", "a"]);
  assertEquals(pool.code, 125);
  assertMatch(pool.stderr, /ECONNREFUSED \(no server listens there\)/);
  const worker = box.sh(
    `exec "$IMP" worker --on ${url} --allow no-such-program --allow true 2>told`,
  );
  const told = () => exists(box.path("told")) ? Deno.readTextFileSync(box.path("told")) : "";
  await eventually(() => /; waiting for it\n/.test(told()), told);
  assertMatch(told(), /^imp worker: --allow no-such-program: .*ENOENT/);
  await server.start();
  await eventually(() => /takes jobs of queue default/.test(told()), told);
  assertEquals(told().split("waiting for it").length, 2);
  const ran = await box.imp([
    "pool",
    "-q",
    "--on",
    url,
    "--creds",
    "/dev/null",
    "true",
    ":::",
    "a",
  ]);
  assertMatch(`${ran.code} ${ran.stderr}`, /^125 (?!.*chmod).*\/dev\/null: it contains none/s);
  const one = await box.imp(["pool", "-q", "--on", url, "true", ":::", "a"], {
    env: { LOGNAME: "", USER: "" },
  });
  assertEquals([one.code, one.stderr], [0, ""]);
  const runs = async (...words: string[]) =>
    (await box.imp(["runs", "--on", url, ...words])).stdout;
  assertMatch(await runs("retry", "--all"), /^nothing to retry: no run that is over has failed/);
  assertMatch(await runs("pause", "--all"), /^nothing to pause: all runs are over/);
  assertMatch(await runs("show", (await listed(box, server))[0].run), /by +[^@\s][^@]*@/);
  for (const pid of box.processes()) {
    if (wordsOf(pid)[1] === "worker") Deno.kill(pid, "SIGTERM");
  }
  assertEquals((await worker).code, 0);
  await server.end();
}, ["nats-server"]);
