/** Its name is public: other people's rules listen on it. */
export const bus = new sst.aws.Bus("Events", {
  transform: { bus: { name: `${$app.name}-${$app.stage}` } },
});
