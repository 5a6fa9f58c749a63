/** The assignments of a message to $NOTIFY_SOCKET: lines `NAME=VALUE`, sd_notify(3). Other lines are left out. */
export function parseNotification(text: string): Map<string, string> {
  const assignments = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) assignments.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return assignments;
}
