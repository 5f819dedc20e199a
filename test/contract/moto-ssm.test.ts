import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createSsmSettings } from "@bedrock-governor/aws/ssm/settings";
import { createKeptMode } from "../aws/ssm/kept-mode.ts";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import { describeSettingsPort } from "./settings-port.ts";

describeWithMoto("emulated AWS, SSM", (moto) => {
  describeSettingsPort("SSM", async () => {
    const ssm = new SSMClient(moto().client);
    const name = (parameter: string, stage = "production") => `/bedrock-governor/${stage}/${parameter}`;
    const put = (parameter: string, Value: string, stage?: string) =>
      ssm.send(
        new PutParameterCommand({
          Name: name(parameter, stage),
          Value,
          Type: parameter.startsWith("notify/") ? "SecureString" : "String",
          Overwrite: true,
        }),
      );
    // Another stage whose name begins alike is none of ours.
    await put("mode", "paused", "production-2");
    return {
      port: createSsmSettings({ ssm, place: { stage: "production" }, lastMode: createKeptMode() }),
      put: async (parameter, value) => void (await put(parameter, value)),
      remove: async (parameter) => void (await ssm.send(new DeleteParameterCommand({ Name: name(parameter) }))),
    };
  });
});
