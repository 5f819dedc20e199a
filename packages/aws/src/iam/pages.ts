interface Page {
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

/** IAM's largest page. It may give fewer although there are more. */
export const PAGE_SIZE = 1_000;

/** All pages of one of IAM's lists. Rejects if one is unread. */
export async function pagesOf<T extends Page>(
  read: (position: { Marker?: string; MaxItems: number }) => Promise<T>,
): Promise<readonly T[]> {
  const pages: T[] = [];
  for (let marker: string | undefined; ; ) {
    const page = await read({ MaxItems: PAGE_SIZE, ...(marker !== undefined && { Marker: marker }) });
    pages.push(page);
    if (page.IsTruncated !== true) return pages;
    if (page.Marker === undefined || page.Marker === marker) throw new Error("IAM cut a list short");
    marker = page.Marker;
  }
}
