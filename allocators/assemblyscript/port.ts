/** What `alloc-replay.h` promises an engine, as far as this one uses it. */

@external('env', 'ar_page_alloc')
export declare function pageAlloc(order: u32): usize;
@external('env', 'ar_page_free')
export declare function pageFree(page: usize, order: u32): void;
@external('env', 'ar_page_word')
export declare function pageWord(page: usize): usize;
@external('env', 'ar_lock')
export declare function lockNamed(name: usize): void;
@external('env', 'ar_unlock')
export declare function unlockNamed(name: usize): void;
@external('env', 'ar_panic')
export declare function panic(text: usize): void;
@external('env', 'ar_bug')
export declare function bug(text: usize): void;

export const PAGE_BYTES: u32 = 4096;
/** What a request for nothing gets, and NULL. */
export const ZERO: usize = u32.MAX_VALUE;
export const NULL: usize = 0;
