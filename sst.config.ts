/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const { settingsOf } = await import("./infra/settings.ts");
    const production = stage === "production";
    return {
      name: "bedrock-governor",
      home: "aws",
      removal: production ? "retain" : "remove",
      protect: production,
      providers: { aws: { version: "7.20.0", region: settingsOf(stage).regions[0] } },
    };
  },
  async run() {
    // SST 4.17.1 lets the whole account assume every function role: its function.ts tests `!dev` on an
    // Output, which is never true. Only Lambda may, unless `sst dev` runs the function and the developer stands in for it.
    const onlyLambda = JSON.stringify(aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" }));
    $transform(sst.aws.Function, (args) => {
      args.transform ??= {};
      const given = args.transform.role;
      args.transform.role = (role, options, name) => {
        if (typeof given === "function") given(role, options, name);
        else if (given) Object.assign(role, given);
        if (!$dev || args.dev === false) role.assumeRolePolicy = onlyLambda;
        return undefined;
      };
    });
    const { outputs } = await import("./infra/index.ts");
    return outputs;
  },
});
