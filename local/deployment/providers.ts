/** Finds the provider of a resource or function: an explicit one, configured by a resource of the program, or its package's own. */
import { randomUUID } from "node:crypto";
import { TenantryError } from "../../registry/errors";
import type { LocalContext, LocalProvider, Props, StandIns } from "../provider";
import type { Store } from "../state/store";
import { isProviderType, packageOf, packageOfProvider, parseUrn, urnOfReference } from "../urn";
import { openProps, same } from "../wire";

export class Providers {
  private readonly defaults = new Map<string, LocalProvider>();
  private readonly explicit = new Map<Props, LocalProvider>();

  /** `config` is the stack's: `package:key` -> text configures the default provider of the package. */
  constructor(
    private readonly standIns: StandIns,
    private readonly context: LocalContext,
    private readonly config: Readonly<Record<string, string>>,
    private readonly store: Store,
  ) {}

  /** @throws TenantryError TN-506 when there is no stand-in for the package. */
  of(type: string, reference: string): LocalProvider {
    if (isProviderType(type)) return PROVIDER_RESOURCES;
    if (reference === "") return remember(this.defaults, packageOf(type), () => this.makeDefault(packageOf(type)));
    const urn = urnOfReference(reference);
    const inputs = this.store.get(urn)?.inputs;
    if (!inputs) throw new Error(`its provider ${urn} is not in the state; run \`npm run up\` first`);
    return remember(this.explicit, inputs, () => this.make(packageOfProvider(parseUrn(urn).type), openProps(inputs)));
  }

  private makeDefault(name: string): LocalProvider {
    const prefix = `${name}:`;
    const entries = Object.entries(this.config).filter(([key]) => key.startsWith(prefix));
    return this.make(name, Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value])));
  }

  private make(name: string, config: Props): LocalProvider {
    const factory = this.standIns.factories[name];
    if (factory) return factory(this.context, config);
    const known = Object.keys(this.standIns.factories).sort().join(", ");
    const advice = "write one and add it to FACTORIES in local/providers/index.ts";
    throw new TenantryError(
      "TN-506",
      `the package "${name}" has no stand-in on this machine (there are: ${known}); ${advice}`,
    );
  }
}

function remember<K>(known: Map<K, LocalProvider>, key: K, make: () => LocalProvider): LocalProvider {
  const provider = known.get(key) ?? make();
  known.set(key, provider);
  return provider;
}

/** Resources `pulumi:providers:*`: configuration and nothing else. */
const PROVIDER_RESOURCES: LocalProvider = {
  check: async (_urn, _olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, _urn, olds, news) => ({ changes: !same(olds, news) }),
  create: async (_urn, inputs) => ({ id: randomUUID(), outs: inputs }),
  read: async (id, _urn, props) => ({ id, props }),
  update: async (_id, _urn, _olds, news) => ({ outs: news }),
  delete: async () => undefined,
  invoke: async (token) => {
    throw new Error(`${token} is no function of a provider`);
  },
};
