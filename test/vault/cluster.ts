/** What Vault asks of a Kubernetes cluster: whose token is this? Answers for tokens that it made. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

export interface TestCluster {
  readonly address: string;
  /** The token of a pod's service account. */
  token(namespace: string, serviceAccount: string, audience?: string): string;
  stop(): Promise<void>;
}

export async function startTestCluster(): Promise<TestCluster> {
  const known = new Map<string, { readonly username: string; readonly uid: string }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { spec } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const user = known.get(spec.token);
    const status = user ? { authenticated: true, user, audiences: spec.audiences } : { authenticated: false };
    response.writeHead(201, { "content-type": "application/json" });
    response.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    address: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`,
    token: (namespace, name, audience = "vault") => {
      const uid = randomUUID();
      const claims = {
        iss: "https://kubernetes.default.svc",
        sub: `system:serviceaccount:${namespace}:${name}`,
        aud: [audience],
        iat: 1_700_000_000,
        exp: 4_102_444_800,
        "kubernetes.io": { namespace, serviceaccount: { name, uid } },
      };
      const token = [{ alg: "RS256", typ: "JWT" }, claims].map(encode).concat("c2lnbmVk").join(".");
      known.set(token, { username: claims.sub, uid });
      return token;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
