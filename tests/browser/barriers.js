async () => {
  // The serious and critical violations of axe-core, each with the first places and reasons.
  const result = await axe.run(document, { resultTypes: ["violations"] });
  const place = (node) => `${node.target} ${node.any.map((why) => why.message).join(", ")}`;
  return result.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(place).join(" | ")}`);
}
