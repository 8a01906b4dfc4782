/** Attacks on KMS keys, by hand and through the services that use them. */
import type { Caller } from "../../policies/iam/caller";
import type { Keys } from "../../policies/iam/context";
import { decideOnKey, type Key } from "../../policies/iam/key";
import type { Probe, ProbeText } from "../probe";
import { attemptAll, awsCommand, gapsOf, kebabOf, type Request } from "./attempts";
import { administrator, sessionOf, sessionOfTenant, strangersTo } from "./callers";
import { attackersIn, type Cloud } from "./cloud";
import { nameOf } from "./objects";

/** `aws kms re-encrypt` needs the one of the old key and the other of the new. */
const USE = ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"];
const HAND_ON = ["CreateGrant", "PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey"];

const regionOf = ({ arn }: Key) => arn.split(":")[3] ?? "";
const through = (service: string, region: string): Keys => ({ "kms:ViaService": `${service}.${region}.amazonaws.com` });

const requestOf = (who: string, caller: Caller, key: Key, action: string, keys: Keys): Request => ({
  who,
  target: key.arn,
  statement: `${awsCommand(`kms ${kebabOf(action.replace(/From$|To$/, ""))}`, { "key-id": key.arn })} # with ${JSON.stringify(keys)}`,
  decide: () => decideOnKey(caller, `kms:${action}`, key, keys),
});

const OTHERS: ProbeText = {
  name: "kms-keys-of-others",
  layer: "kms",
  attack:
    "A tenant's session uses the key of another tenant, of another region, of the servers or of backups; or its own key by hand, or hands it on.",
  guard: "The sessions' policy names the bucket's one key, through S3 of its region alone.",
};

export const keysOfOthers: Probe<Cloud> = {
  ...OTHERS,
  run: async (cloud) => [
    ...attemptAll(
      OTHERS,
      attackersIn(cloud).flatMap((tenant) => {
        const caller = sessionOfTenant(tenant);
        const { key: own, region } = tenant.bucket;
        return cloud.keys.flatMap((key) => {
          const foreign = key.arn !== own?.arn;
          const ways = [
            {},
            through("rds", region),
            through("backup", region),
            ...(foreign ? [through("s3", regionOf(key)), through("s3", region)] : []),
          ];
          return [
            ...USE.flatMap((action) => ways.map((keys) => requestOf(nameOf(tenant), caller, key, action, keys))),
            ...HAND_ON.flatMap((action) =>
              [...ways, through("s3", region), { "kms:GrantIsForAWSResource": "true" }].map((keys) =>
                requestOf(nameOf(tenant), caller, key, action, keys),
              ),
            ),
          ];
        });
      }),
    ),
    ...gapsOf(OTHERS, cloud),
  ],
};

const BY_HAND: ProbeText = {
  name: "kms-use-by-hand",
  layer: "kms",
  attack:
    "Sessions of nobody, another account, services in its name, and the account's own administrators decrypt by hand.",
  guard:
    "Each key's policy lets the account's own principals use it through the services that keep data under it, and nobody else.",
};

export const useByHand: Probe<Cloud> = {
  ...BY_HAND,
  run: async (cloud) =>
    attemptAll(
      BY_HAND,
      cloud.keys.flatMap((key) => {
        const s3 = through("s3", regionOf(key));
        const untagged = cloud.tenants.filter(({ bucket }) => bucket.key?.arn === key.arn).map(({ role }) => role);
        return USE.flatMap((action) => [
          requestOf("an administrator of the account, by hand", administrator(key.account), key, action, {}),
          ...strangersTo(cloud, key.account).flatMap(({ who, caller }) =>
            [{}, s3].map((keys) => requestOf(who, caller, key, action, keys)),
          ),
          ...[...new Set(untagged)].map((role) =>
            requestOf(`a session of ${role.arn} without a tag`, sessionOf(role, {}), key, action, s3),
          ),
        ]);
      }),
    ),
};
