import { assertEquals } from "@std/assert";
import { KeptLogProbe } from "../../../src/keeper/ready/kept_log_probe.ts";
import { Killed, lines, scene } from "../../logs/scene.ts";

const AS_IT_IS = (line: string) => line;

scene("--ready log: sees lines, and no mark of a cut that is under way", {}, (scene) => {
  const { directory, path } = scene;
  const files = [{ stream: "stdout", path }] as const;
  for (let step = 1; step <= 8; step++) {
    scene.append(lines(step * 1000, step * 1000 + 400));
    const marks = new KeptLogProbe(/imp-cut/, directory, files, undefined, AS_IT_IS);
    const old = new KeptLogProbe(/^line [1-9]000 /, directory, files, undefined, AS_IT_IS);
    const made = new KeptLogProbe(RegExp(`^ready ${step}$`), directory, files, undefined, AS_IT_IS);
    const probes = [marks, old, made];
    for (const probe of probes) assertEquals(typeof probe.look(0), "object", `step ${step}`);
    try {
      scene.cut(step);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    for (const probe of probes) assertEquals(typeof probe.look(0), "object", `cut ${step}`);
    scene.append(`${lines(100_000, 100_400)}ready ${step}`);
    assertEquals(typeof made.look(0), "object", "a line that has not ended");
    scene.append("\n");
    assertEquals(made.look(0), "ready", `step ${step}`);
    assertEquals(typeof marks.look(0), "object");
    for (const probe of probes) probe.close();
  }
});
