import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/say-what-is-left-out.ts"],
    maxWorkers: "100%", // else one core is left idle: of two, half
    testTimeout: 20_000,
    hookTimeout: 60_000, // synthesizing a stage
    env: {
      // No test may reach an AWS account, or ask this machine for one.
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PROFILE: "",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    },
  },
});
