/** What a program needs to find others, its files and its language. */
const OF_PROGRAMS = /^(PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH)$/;
/** The Go runtime's own, for the Temporal server. */
const OF_GO = /^(GOGC|GOMEMLIMIT|GOMAXPROCS|GODEBUG)$/;
/** How a download finds its way out, and whom it trusts there. */
const OF_DOWNLOADS =
  /^(https?_proxy|all_proxy|no_proxy|PIP_[A-Z_]+|PYTHON[A-Z]+|VIRTUAL_ENV|XDG_[A-Z]+_HOME|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/i;

/**
 * The environment of the programs that this one starts: only what is known to be harmless and of use to them. This
 * process's own holds the operator key, the key of the signing secrets and passwords, and every user of the machine who
 * may look at one of those programs could read them there.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  return only([OF_PROGRAMS]);
}

export function goServerEnvironment(): NodeJS.ProcessEnv {
  return only([OF_PROGRAMS, OF_GO]);
}

export function downloadEnvironment(): NodeJS.ProcessEnv {
  return only([OF_PROGRAMS, OF_DOWNLOADS]);
}

function only(kinds: RegExp[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kinds.some((kind) => kind.test(name))));
}
