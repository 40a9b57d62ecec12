// Rows under what they have in common, each group where its first row stood. (Map.groupBy is too
// young for an officer's phone.)

export function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
