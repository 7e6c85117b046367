/**
 * What the command line of a tool asks for. `--help` and what is wrong are answered here: wrong arguments with exit code 2.
 *
 * @param parse throws an Error that says what is wrong.
 * @returns null when there is nothing more to do.
 */
export function readOptions<Options>({
  parse,
  usage,
}: {
  parse(args: string[]): Options;
  usage: string;
}): Options | null {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    return null;
  }
  try {
    return parse(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    process.exitCode = 2;
    return null;
  }
}
