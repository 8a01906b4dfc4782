/** Certificates for tests, made by openssl: authorities that nobody else knows, and servers that they vouch for. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** In place of `describe`: for tests that make certificates, which are skipped where there is no openssl. */
export const describeWithOpenssl = spawnSync("openssl", ["version"]).status === 0 ? describe : describe.skip;

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** How long a certificate is valid, from now: negative for one that has expired. */
type Days = number;

export class Authority {
  /** PEM. */
  readonly ca: string;
  private readonly own: Certificate | undefined;
  private issued = 0;

  /** Makes an authority that vouches for itself, with files in `dir`. */
  constructor(
    private readonly dir: string,
    private readonly name: string,
    days: Days = 2,
  ) {
    const own = this.issue(name, "basicConstraints=critical,CA:TRUE", days);
    this.ca = readFileSync(own.certificate, "utf8");
    this.own = own;
  }

  /** Vouches for a server of that name. */
  vouchFor(host: string, days: Days = 1): Certificate {
    return this.issue(host, `subjectAltName=DNS:${host}`, days);
  }

  private issue(name: string, extension: string, days: Days): Certificate {
    const base = join(this.dir, `${this.name} ${this.issued++}`);
    const [key, request, certificate, extensions] = [`${base}.key`, `${base}.csr`, `${base}.pem`, `${base}.ext`];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
    openssl(["req", ...newKey, "-subj", `/CN=${name}`, "-out", request]);
    writeFileSync(extensions, `${extension}\n`);
    const signer = this.own
      ? ["-CA", this.own.certificate, "-CAkey", this.own.key, "-CAcreateserial"]
      : ["-signkey", key];
    const validity = ["-days", String(days), "-extfile", extensions];
    openssl(["x509", "-req", "-in", request, ...signer, ...validity, "-out", certificate]);
    return { certificate, key };
  }
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
