/** Shown if rows have lost something, see `ReportRows`. */
export const ABRIDGED =
  "Very long commands are cut, and of very many jobs the later ones are shown without their command.";
