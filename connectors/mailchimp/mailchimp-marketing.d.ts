/** The part of the official client that client.ts uses; the package (3.0.80) ships no types. */
declare module '@mailchimp/mailchimp_marketing' {
  type Method = (...arguments_: readonly unknown[]) => Promise<unknown>;
  type Api = Readonly<Record<string, Method>>;

  class ApiClient {
    basePath: string;
    config: Readonly<Record<string, string>>;
    readonly automations: Api;
    readonly campaigns: Api;
    readonly ecommerce: Api;
    readonly lists: Api;
    readonly reports: Api;
    readonly root: Api;
    setConfig(config: Readonly<Record<string, string>>): void;
    buildUrl(path: string, pathParams: Readonly<Record<string, unknown>>): string;
    normalizeParams(params: Readonly<Record<string, unknown>>): Record<string, string | readonly string[]>;
    callApi: (
      path: string,
      httpMethod: string,
      pathParams: Readonly<Record<string, unknown>>,
      queryParams: Readonly<Record<string, unknown>>,
    ) => Promise<{ readonly data: unknown; readonly response: unknown }>;
  }

  const shared: ApiClient & { readonly constructor: new () => ApiClient };
  export = shared;
}
