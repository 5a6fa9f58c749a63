// docs/first-ten-minutes.md is a promise: all of it is one session in an empty home directory, from a release archive on.
import { assert, assertMatch } from "@std/assert";
import { asRoot, e2eOfBinary, isRoot, type Sandbox } from "./harness.ts";
import { checkSteps, readPage, scriptOf, type Step } from "./page_examples.ts";
import { makeRelease, ownVersion } from "./release_archive.ts";

const NOBODY = 65534;
/** Where root's installer and root's imp write, which nobody else is to see. */
const OWN_PLACES = "for one in /usr/local /var/lib /var/log; do mount -t tmpfs none $one; done";
const page = readPage("first-ten-minutes.md");
const steps: Step[] = page.sections.flatMap((section) => section.steps).map(ofThisVersion);

Deno.test("docs/first-ten-minutes.md has its examples", () => {
  assert(page.sections.length >= 8, `${page.sections.length} sections`);
  assertMatch(steps[0].command, /^sha256sum -c/);
  assertMatch(steps.at(-1)!.command, /--uninstall$/);
});

e2eOfBinary("docs/first-ten-minutes.md: as an ordinary user", async (box) => {
  const words = isRoot
    ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"]
    : [];
  await playPage(box, words, (text, home) => text.replaceAll(home, "/home/ada"));
});

e2eOfBinary(
  "docs/first-ten-minutes.md: as root",
  asRoot(async (box) => {
    const words = ["unshare", "--mount", "sh", "-ec", `${OWN_PLACES}; exec "$@"`, "sh"];
    await playPage(
      box,
      words,
      (text, home) =>
        text.replaceAll("/usr/local", "/home/ada/.local")
          .replaceAll("/var/log/imp", "/home/ada/.local/state/imp/logs").replaceAll(
            home,
            "/home/ada",
          ),
    );
  }),
);

/** @param words start the session as somebody; @param asOnPage see checkSteps */
async function playPage(
  box: Sandbox,
  words: string[],
  asOnPage: (text: string, home: string) => string,
): Promise<void> {
  const home = box.path("ada");
  Deno.mkdirSync(home);
  await makeRelease(box, home);
  if (isRoot) {
    Deno.chmodSync(box.directory, 0o755);
    if (words[0] === "setpriv") Deno.chownSync(home, NOBODY, NOBODY);
  }
  // Nothing is known about this account except where it begins.
  const clean = [
    "env",
    "-u",
    "IMP",
    `HOME=${home}`,
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C",
  ];
  const { stdout } = await box.run([...words, ...clean, "bash", "-c", scriptOf("", steps)], {
    cwd: home,
    clearEnv: true,
  });
  // Problems of this host are not on the page.
  const found = /^\d.* good \(/m;
  const [says] = found.exec(page.text)!;
  checkSteps(steps, stdout, (text) => asOnPage(text, home).replace(found, says));
}

function ofThisVersion({ command, expected }: Step): Step {
  const now = (text: string) =>
    text.replace(/imp-\d+\.\d+\.\d+-/g, `imp-${ownVersion}-`).replace(/[0-9a-f]{64}$/, "…");
  return { command: now(command), expected: expected.map(now) };
}
