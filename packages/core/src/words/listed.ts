/** Names in a sentence: "role/a, role/b, role/c, role/d, role/e and 4 more". In the order of the alphabet. */
export function listed(names: Iterable<string>, most = 5): string {
  const all = [...names].sort();
  const told = all.slice(0, most).join(", ");
  return all.length > most ? `${told} and ${all.length - most} more` : told;
}
