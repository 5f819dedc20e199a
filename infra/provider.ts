import { place } from "./stage.ts";

const providers = new Map<string, aws.Provider>();

/**
 * For SST's components in a further region; `region`, as Pulumi's own resources take it, is unknown to them. They ask
 * the provider where they are, and SST makes a bucket for their code there, which Lambda wants in its own region.
 *
 * At home undefined: the provider that everything has.
 */
export function providerIn(region: string): aws.Provider | undefined {
  if (region === place.region) return undefined;
  const provider = providers.get(region) ?? createProvider(region as aws.Region);
  providers.set(region, provider);
  return provider;
}

/** With the tags that SST gives everything else of the stage. */
const createProvider = (region: aws.Region): aws.Provider =>
  new aws.Provider(`In-${region}`, {
    region,
    defaultTags: { tags: { "sst:app": $app.name, "sst:stage": $app.stage } },
  });
