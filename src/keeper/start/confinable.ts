import type { KeptSettings } from "../records/kept_settings.ts";

/**
 * Whether this host lets imp limit and confine a daemon as configured. @throws ImpError: what is missing, and how to
 * get it
 */
export async function checkConfinable(settings: KeptSettings): Promise<void> {
  const { resources, sandbox } = settings;
  if (resources) (await import("../limits/kept_limits.ts")).checkLimits(resources);
  if (!sandbox) return;
  const { checkSandbox, refuseHidden, refuseIdleWritable } = await import(
    "../sandbox/kept_sandbox.ts"
  );
  refuseIdleWritable(sandbox);
  refuseHidden(sandbox, settings);
  checkSandbox(sandbox);
}
