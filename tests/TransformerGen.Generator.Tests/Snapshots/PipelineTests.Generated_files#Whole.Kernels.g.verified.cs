    /// <summary>PE(p, 2i) = sin(p / 10000^(2i / 8)), PE(p, 2i + 1) = cos of the same (interleaved; paper, section 3.5). [512, 8]</summary>
    private static unsafe class Positions
        private static readonly NativeBuffer s_table = Sinusoid.Create(512, 8, interleaved: true);
        public static float* Table => s_table.Start;
    /// <summary>y[rows, 8] = norm(x + sub): mean and deviation of each row over its 8 columns, then gain and shift.</summary>
    private static unsafe class AddNorm8
        /// <summary>y = norm(x + sub).</summary>
        public static void Forward(Team team, int rows, float* x, float* sub, float* gain, float* shift, float* y)
        private struct ForwardWork
        private static void ForwardPart(int first, int end, void* work)
        private static void ForwardPart<V>(int first, int end, ForwardWork* work)
        /// <summary>y = norm(x + dropout(sub)). The sum z and mean and 1/deviation of each row are kept for the gradient.</summary>
        public static void ForwardDropoutKeep(Team team, RowView rows, float* x, float* sub, float* gain, float* shift, DropoutKey dropout, int site, float* z, float* y, float* statistics)
        private struct ForwardDropoutKeepWork
        private static void ForwardDropoutKeepPart(int first, int end, void* work)
        private static void ForwardDropoutKeepPart<V>(int first, int end, ForwardDropoutKeepWork* work)
        /// <summary>dz = the gradient of the sum z under its norm. dSub = dropout(dz), with the mask of the forward pass.</summary>
        public static void BackwardDropout(Team team, RowView rows, float* dy, float* z, float* statistics, float* gain, DropoutKey dropout, int site, float* dz, float* dSub)
        private struct BackwardDropoutWork
        private static void BackwardDropoutPart(int first, int end, void* work)
        private static void BackwardDropoutPart<V>(int first, int end, BackwardDropoutWork* work)
        /// <summary>dGain (+)= Σ dy ⊙ x̂, dShift (+)= Σ dy over the rows, in their order; split by columns.</summary>
        public static void BackwardWeights(Team team, int rows, float* dy, float* z, float* statistics, float* dGain, float* dShift, bool add)
        private struct BackwardWeightsWork
        private static void BackwardWeightsPart(int first, int end, void* work)
        private static void BackwardWeightsPart<V>(int first, int end, BackwardWeightsWork* work)
    /// <summary>
    /// softmax(q·k / √4)·v for 2 heads of width 4 within each sequence.
    /// A query sees every key.
    /// </summary>
    /// <remarks>
    /// Flash attention (Dao et al. 2022): blocks of 64 keys, an online softmax, no [queries, keys] matrix. A pattern costs what it visits: each
    /// block of keys meets only the queries that see one of them, and of its panels of 16 only those in which a tile of 4 queries sees a key.
    /// </remarks>
    private static unsafe class Attention2x4
        private const int Heads = 2, HeadWidth = 4;
        /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
        private const int Padded = 16;
        private const int QueryStride = 32, KeyStride = 32, ValueStride = 32, OutputStride = 16;
        private const int StatisticsStride = 16;
        /// <summary>Rows that follow each other in the pattern are this many rows apart.</summary>
        private const int RowStep = 1;
        private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = 4;
        /// <summary>What a query is multiplied with, so that softmax is 2^(score - logSumExp): log2(e) / √K.</summary>
        private const float QueryScale = 0.7213475f;
        /// <summary>The keys that the queries at positions first..last can see at most: number start..end - 1.</summary>
        private static void KeysOf(int first, int last, int keys, out int start, out int end)
        /// <summary>Notes who sees the keys number start, start + 1 ...</summary>
        private static void See(KeyBlock* block, int start, int count)
        /// <summary>Whether the work is not worth a second thread: below about 2 µs.</summary>
        private static bool IsSmall(int sequences, int* queryOffsets, int* keyOffsets)
        /// <summary>Packs the keys number start ... from rows, and notes who sees them.</summary>
        private static void LoadKeys(KeyBlock* block, int start, int count, float* k)
        /// <summary>One head of one sequence. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        private static void AttendRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp)
        private const float QueryGradientScale = 0.5f, KeyGradientScale = 0.6931472f;
        /// <summary>What a head needs beside a block of keys: rows of 64 queries packed, P and dS [64, 64], gradients that grow.</summary>
        private struct BackwardScratch
            /// <summary>64 rows of Q, scaled, and of dO; values in panels; dK and dV of the block.</summary>
            /// <summary>S, then P; dP, then dS: [64, 64] each.</summary>
            /// <summary>Of every query: logSumExp, rowsum(dO ∘ O), dQ.</summary>
        /// <summary>
        /// One head of one sequence, blocks of 64 keys outside, chunks of 64 queries inside. dK and dV of a block are complete when all queries have
        /// passed; dQ grows until the last block.
        /// </summary>
        private static void BackwardRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        /// <summary>
        /// A block of keys and up to 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O)); then dV += Pᵀ·dO, dQ += dS·K,
        /// dK += dSᵀ·Q. S has the same bits as in the forward pass.
        /// </summary>
        private static void BackwardChunk<V>(KeyBlock* block, BackwardScratch* s, int chunk, int size, int present)
        /// <summary>output[rows, 8] = the attention of every query row, heads side by side, padding columns zero; a query that sees no key yields zeros.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 32.</param>
        /// <param name="k">The same of the keys; stride 32.</param>
        /// <param name="v">The same of the values; stride 32.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        public static void Forward(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output)
        private struct ForwardWork
        private static void ForwardHeads(int first, int end, void* state)
        private static void ForwardHeads<V>(int first, int end, ForwardWork* work)
        /// <summary>output[rows, 8] = the attention of every query row, heads side by side, padding columns zero; a query that sees no key yields zeros.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 32.</param>
        /// <param name="k">The same of the keys; stride 32.</param>
        /// <param name="v">The same of the values; stride 32.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        /// <param name="logSumExp">Receives the base-2 logarithm of each softmax's denominator, [rows, 16].</param>
        public static void ForwardKeep(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp)
        private struct ForwardKeepWork
        private static void ForwardKeepHeads(int first, int end, void* state)
        private static void ForwardKeepHeads<V>(int first, int end, ForwardKeepWork* work)
        /// <summary>The gradients of q, k and v from that of the output: stored, not added, in the column ranges and strides of q, k and v. Padding columns behind the last range of a row become zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        /// <param name="v">As the forward pass read it.</param>
        /// <param name="output">As the forward pass wrote it.</param>
        /// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="dOutput">Gradient of the output, stride 16.</param>
        /// <param name="dq">Receives the gradient of q, stride 32.</param>
        /// <param name="dk">Receives the gradient of k, stride 32.</param>
        /// <param name="dv">Receives the gradient of v, stride 32.</param>
        public static void Backward(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        private struct BackwardWork
        private static void BackwardHeads(int first, int end, void* state)
        private static void BackwardHeads<V>(int first, int end, BackwardWork* work)
    /// <summary>
    /// softmax(q·k / √4)·v for 2 heads of width 4 within each sequence, causal.
    /// A query sees every key.
    /// </summary>
    /// <remarks>
    /// Flash attention (Dao et al. 2022): blocks of 64 keys, an online softmax, no [queries, keys] matrix. A pattern costs what it visits: each
    /// block of keys meets only the queries that see one of them, and of its panels of 16 only those in which a tile of 4 queries sees a key.
    /// </remarks>
    private static unsafe class Attention2x4Causal
        private const int Heads = 2, HeadWidth = 4;
        /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
        private const int Padded = 16;
        private const int QueryStride = 32, KeyStride = 32, ValueStride = 32, OutputStride = 16;
        private const int StatisticsStride = 16;
        /// <summary>Rows that follow each other in the pattern are this many rows apart.</summary>
        private const int RowStep = 1;
        private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = 4;
        /// <summary>What a query is multiplied with, so that softmax is 2^(score - logSumExp): log2(e) / √K.</summary>
        private const float QueryScale = 0.7213475f;
        /// <summary>The keys that the queries at positions first..last can see at most: number start..end - 1.</summary>
        private static void KeysOf(int first, int last, int keys, out int start, out int end)
        /// <summary>Notes who sees the keys number start, start + 1 ...</summary>
        private static void See(KeyBlock* block, int start, int count)
        /// <summary>Whether the work is not worth a second thread: below about 2 µs.</summary>
        private static bool IsSmall(int sequences, int* queryOffsets, int* keyOffsets)
        /// <summary>Packs the keys number start ... from rows, and notes who sees them.</summary>
        private static void LoadKeys(KeyBlock* block, int start, int count, float* k)
        /// <summary>One head of one sequence. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        private static void AttendRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp)
        /// <summary>One head of one sequence behind a cache: the queries stand at positions past, past + 1 and so on. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        private static void AttendCached<V>(int queries, int past, int keys, float* q, float* k, float* v, float* output)
        private const float QueryGradientScale = 0.5f, KeyGradientScale = 0.6931472f;
        /// <summary>What a head needs beside a block of keys: rows of 64 queries packed, P and dS [64, 64], gradients that grow.</summary>
        private struct BackwardScratch
            /// <summary>64 rows of Q, scaled, and of dO; values in panels; dK and dV of the block.</summary>
            /// <summary>S, then P; dP, then dS: [64, 64] each.</summary>
            /// <summary>Of every query: logSumExp, rowsum(dO ∘ O), dQ.</summary>
        /// <summary>
        /// One head of one sequence, blocks of 64 keys outside, chunks of 64 queries inside. dK and dV of a block are complete when all queries have
        /// passed; dQ grows until the last block.
        /// </summary>
        private static void BackwardRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        /// <summary>
        /// A block of keys and up to 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O)); then dV += Pᵀ·dO, dQ += dS·K,
        /// dK += dSᵀ·Q. S has the same bits as in the forward pass.
        /// </summary>
        private static void BackwardChunk<V>(KeyBlock* block, BackwardScratch* s, int chunk, int size, int present)
        /// <summary>The keys number start ... from the cache, where they lie packed already; start is a multiple of 16. Lanes behind the last key may hold anything: See masks them.</summary>
        private static void LoadCached(KeyBlock* block, int start, int count, float* k, float* v, float* scratch)
        /// <summary>One head, one query: output = softmax(q·k / √4)·V over the keys first..end - 1 of the cache.</summary>
        private static void AttendOne<V>(int first, int end, float* q, float* k, float* v, float* output)
        /// <summary>output[rows, 8] = the attention of every query row, heads side by side, padding columns zero; a query that sees no key yields zeros.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 32.</param>
        /// <param name="k">The same of the keys; stride 32.</param>
        /// <param name="v">The same of the values; stride 32.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        /// <param name="logSumExp">Receives the base-2 logarithm of each softmax's denominator, [rows, 16].</param>
        public static void ForwardKeep(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp)
        private struct ForwardKeepWork
        private static void ForwardKeepHeads(int first, int end, void* state)
        private static void ForwardKeepHeads<V>(int first, int end, ForwardKeepWork* work)
        /// <summary>The gradients of q, k and v from that of the output: stored, not added, in the column ranges and strides of q, k and v. Padding columns behind the last range of a row become zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        /// <param name="v">As the forward pass read it.</param>
        /// <param name="output">As the forward pass wrote it.</param>
        /// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="dOutput">Gradient of the output, stride 16.</param>
        /// <param name="dq">Receives the gradient of q, stride 32.</param>
        /// <param name="dk">Receives the gradient of k, stride 32.</param>
        /// <param name="dv">Receives the gradient of v, stride 32.</param>
        public static void Backward(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        private struct BackwardWork
        private static void BackwardHeads(int first, int end, void* state)
        private static void BackwardHeads<V>(int first, int end, BackwardWork* work)
        /// <summary>output[rows, 8] = the attention of new rows, which stand behind what the cache holds and whose own keys and values were appended. Padding columns are zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Position of the first row of each sequence.</param>
        /// <param name="slots">Place of each sequence in the cache.</param>
        /// <param name="cache">The cache.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 32.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        public static void ForwardCached(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* q, float* output)
        private struct ForwardCachedWork
        private static void ForwardCachedHeads(int first, int end, void* state)
        private static void ForwardCachedHeads<V>(int first, int end, ForwardCachedWork* work)
    /// <summary>
    /// softmax(q·k / √4)·v for 2 heads of width 4 within each sequence.
    /// A query sees every key.
    /// </summary>
    /// <remarks>
    /// Flash attention (Dao et al. 2022): blocks of 64 keys, an online softmax, no [queries, keys] matrix. A pattern costs what it visits: each
    /// block of keys meets only the queries that see one of them, and of its panels of 16 only those in which a tile of 4 queries sees a key.
    /// </remarks>
    private static unsafe class Attention2x4Cross
        private const int Heads = 2, HeadWidth = 4;
        /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
        private const int Padded = 16;
        private const int QueryStride = 16, KeyStride = 16, ValueStride = 16, OutputStride = 16;
        private const int StatisticsStride = 16;
        /// <summary>Rows that follow each other in the pattern are this many rows apart.</summary>
        private const int RowStep = 1;
        private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = 4;
        /// <summary>What a query is multiplied with, so that softmax is 2^(score - logSumExp): log2(e) / √K.</summary>
        private const float QueryScale = 0.7213475f;
        /// <summary>The keys that the queries at positions first..last can see at most: number start..end - 1.</summary>
        private static void KeysOf(int first, int last, int keys, out int start, out int end)
        /// <summary>Notes who sees the keys number start, start + 1 ...</summary>
        private static void See(KeyBlock* block, int start, int count)
        /// <summary>Whether the work is not worth a second thread: below about 2 µs.</summary>
        private static bool IsSmall(int sequences, int* queryOffsets, int* keyOffsets)
        /// <summary>Packs the keys number start ... from rows, and notes who sees them.</summary>
        private static void LoadKeys(KeyBlock* block, int start, int count, float* k)
        /// <summary>One head of one sequence. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        private static void AttendRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp)
        /// <summary>One head of one sequence behind a cache: the queries stand at positions past, past + 1 and so on. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        private static void AttendCached<V>(int queries, int past, int keys, float* q, float* k, float* v, float* output)
        private const float QueryGradientScale = 0.5f, KeyGradientScale = 0.6931472f;
        /// <summary>What a head needs beside a block of keys: rows of 64 queries packed, P and dS [64, 64], gradients that grow.</summary>
        private struct BackwardScratch
            /// <summary>64 rows of Q, scaled, and of dO; values in panels; dK and dV of the block.</summary>
            /// <summary>S, then P; dP, then dS: [64, 64] each.</summary>
            /// <summary>Of every query: logSumExp, rowsum(dO ∘ O), dQ.</summary>
        /// <summary>
        /// One head of one sequence, blocks of 64 keys outside, chunks of 64 queries inside. dK and dV of a block are complete when all queries have
        /// passed; dQ grows until the last block.
        /// </summary>
        private static void BackwardRows<V>(int queries, int keys, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        /// <summary>
        /// A block of keys and up to 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O)); then dV += Pᵀ·dO, dQ += dS·K,
        /// dK += dSᵀ·Q. S has the same bits as in the forward pass.
        /// </summary>
        private static void BackwardChunk<V>(KeyBlock* block, BackwardScratch* s, int chunk, int size, int present)
        /// <summary>The keys number start ... from the cache, where they lie packed already; start is a multiple of 16. Lanes behind the last key may hold anything: See masks them.</summary>
        private static void LoadCached(KeyBlock* block, int start, int count, float* k, float* v, float* scratch)
        /// <summary>One head, one query: output = softmax(q·k / √4)·V over the keys first..end - 1 of the cache.</summary>
        private static void AttendOne<V>(int first, int end, float* q, float* k, float* v, float* output)
        /// <summary>output[rows, 8] = the attention of every query row, heads side by side, padding columns zero; a query that sees no key yields zeros.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 16.</param>
        /// <param name="k">The same of the keys; stride 16.</param>
        /// <param name="v">The same of the values; stride 16.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        /// <param name="logSumExp">Receives the base-2 logarithm of each softmax's denominator, [rows, 16].</param>
        public static void ForwardKeep(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp)
        private struct ForwardKeepWork
        private static void ForwardKeepHeads(int first, int end, void* state)
        private static void ForwardKeepHeads<V>(int first, int end, ForwardKeepWork* work)
        /// <summary>The gradients of q, k and v from that of the output: stored, not added, in the column ranges and strides of q, k and v. Padding columns behind the last range of a row become zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        /// <param name="v">As the forward pass read it.</param>
        /// <param name="output">As the forward pass wrote it.</param>
        /// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="dOutput">Gradient of the output, stride 16.</param>
        /// <param name="dq">Receives the gradient of q, stride 16.</param>
        /// <param name="dk">Receives the gradient of k, stride 16.</param>
        /// <param name="dv">Receives the gradient of v, stride 16.</param>
        public static void Backward(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv)
        private struct BackwardWork
        private static void BackwardHeads(int first, int end, void* state)
        private static void BackwardHeads<V>(int first, int end, BackwardWork* work)
        /// <summary>output[rows, 8] = the attention of new rows, to the keys of each sequence's source. Padding columns are zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Position of the first row of each sequence.</param>
        /// <param name="slots">Place of each sequence's source in the cache.</param>
        /// <param name="cache">The cache.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride 16.</param>
        /// <param name="output">Receives the rows; stride 16.</param>
        public static void ForwardCachedCross(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* q, float* output)
        private struct ForwardCachedCrossWork
        private static void ForwardCachedCrossHeads(int first, int end, void* state)
        private static void ForwardCachedCrossHeads<V>(int first, int end, ForwardCachedCrossWork* work)
    /// <summary>The cache of 2 heads of width 4: keys as [2][capacity / 16][4][16], values as [2][capacity][16].</summary>
    private static unsafe class Cache2x4Rows16x16
        private const int Heads = 2, HeadWidth = 4, Padded = 16, KeyStride = 16, ValueStride = 16;
        /// <summary>Writes the rows of sequence s at positions past[s], past[s] + 1 ... of slot slots[s].</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Positions that the cache holds of each sequence.</param>
        /// <param name="slots">Place of each sequence in the cache.</param>
        /// <param name="cache">The cache; it must have room.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="k">Column of head 0 in the first row of keys; stride 16.</param>
        /// <param name="v">The same of the values; stride 16.</param>
        public static void Append(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* k, float* v)
        private struct Work
        private static void AppendHeads(int first, int end, void* state)
    /// <summary>The cache of 2 heads of width 4: keys as [2][capacity / 16][4][16], values as [2][capacity][16].</summary>
    private static unsafe class Cache2x4Rows32x32
        private const int Heads = 2, HeadWidth = 4, Padded = 16, KeyStride = 32, ValueStride = 32;
        /// <summary>Writes the rows of sequence s at positions past[s], past[s] + 1 ... of slot slots[s].</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Positions that the cache holds of each sequence.</param>
        /// <param name="slots">Place of each sequence in the cache.</param>
        /// <param name="cache">The cache; it must have room.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="k">Column of head 0 in the first row of keys; stride 32.</param>
        /// <param name="v">The same of the values; stride 32.</param>
        public static void Append(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* k, float* v)
        private struct Work
        private static void AppendHeads(int first, int end, void* state)
    /// <summary>Cross-entropy over 10 classes against (1 - ε) · one-hot + ε / V (Szegedy et al. 2016): loss = log Σ e^x - (1 - ε)·x_label - ε / V · Σ x.</summary>
    private static unsafe class CrossEntropy10
        /// <summary>losses[r] = the loss of each label row of logits [rows, 10].</summary>
        public static void Loss(Team team, LabelView labels, float* logits, float smoothing, float* losses)
        private struct LossWork
        private static void LossPart(int first, int end, void* work)
        private static void LossPart<V>(int first, int end, LossWork* work)
        /// <summary>losses[r] = the loss of each label row; logits [rows, 10] become their gradient (softmax - q) · scale.</summary>
        public static void LossAndGradient(Team team, LabelView labels, float* logits, float smoothing, float scale, float* losses)
        private struct LossAndGradientWork
        private static void LossAndGradientPart(int first, int end, void* work)
        private static void LossAndGradientPart<V>(int first, int end, LossAndGradientWork* work)
    /// <summary>x[rows, 8] = √D · E[token] + position: the table's rows are gathered, nothing is multiplied by one-hot vectors.</summary>
    private static unsafe class Embed8Scaled
        /// <summary>x = scale · E[token] + position, for every row.</summary>
        public static void ForwardAtPositions(Team team, RowView rows, float* table, float* positions, float* y)
        private struct ForwardAtPositionsWork
        private static void ForwardAtPositionsPart(int first, int end, void* work)
        private static void ForwardAtPositionsPart<V>(int first, int end, ForwardAtPositionsWork* work)
        /// <summary>x = scale · E[token] + position, for every row. Dropout acts on the sum (paper, section 5.4).</summary>
        public static void ForwardAtPositionsDropout(Team team, RowView rows, float* table, float* positions, DropoutKey dropout, int site, float* y)
        private struct ForwardAtPositionsDropoutWork
        private static void ForwardAtPositionsDropoutPart(int first, int end, void* work)
        private static void ForwardAtPositionsDropoutPart<V>(int first, int end, ForwardAtPositionsDropoutWork* work)
        /// <summary>dE[token] += scale · dx. Split by columns: every thread goes through the rows in order, so sums have one order.</summary>
        public static void BackwardDropout(Team team, RowView rows, float* dy, DropoutKey dropout, int site, float* dTable)
        private struct BackwardDropoutWork
        private static void BackwardDropoutPart(int first, int end, void* work)
        private static void BackwardDropoutPart<V>(int first, int end, BackwardDropoutWork* work)
    /// <summary>What attentions with heads of width 4 share: register tiles of 4 queries, the online softmax.</summary>
    private static unsafe class Heads4
        private const int HeadWidth = 4;
        /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
        private const int Padded = 16;
        private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = 4;
        /// <summary>Where the running maximum starts: below every score, yet finite, so that minus infinity minus it is no NaN.</summary>
        public const float Lowest = -1e30f;
        /// <summary>Copies rows of one head to [rows, Padded], times a factor; zeros behind column K and behind the last row, up to <paramref name="total"/> rows.</summary>
        public static void PackRows<V>(float* source, int stride, int rows, int total, float factor, float* packed)
        /// <summary>Writes one packed row, times a factor, to its place among the heads: stored, or added to what is there.</summary>
        public static void UnpackRow<V>(float* packed, float factor, bool add, float* destination)
        /// <summary>Sets padding columns to zero.</summary>
        public static void ClearBehind(float* start, int stride, int columns, int rows)
        /// <summary><see cref="Products"/> for 1 vectors of columns.</summary>
        private static void Products4x1<V>(float* rows, float* panels, float* products)
        /// <summary><see cref="Products"/> for 2 vectors of columns.</summary>
        private static void Products4x2<V>(float* rows, float* panels, float* products)
        /// <summary><see cref="Products"/> for 3 vectors of columns.</summary>
        private static void Products4x3<V>(float* rows, float* panels, float* products)
        /// <summary><see cref="Products"/> for 4 vectors of columns.</summary>
        private static void Products4x4<V>(float* rows, float* panels, float* products)
        /// <summary>products[4, count · 16] = rows[4, K]·panels[count, K, 16], rows of products 64 apart: Q·Kᵀ and dO·Vᵀ. Sums run over k in ascending order whatever the tile.</summary>
        public static void Products<V>(float* rows, float* panels, int count, float* products)
        /// <summary>Minus infinity where a query (at position, position + 1 ...) must not see a key.</summary>
        public static void Mask<V>(KeyBlock* block, int position, int panel, int end, float* scores)
        /// <summary><see cref="Gather"/> for 1 vectors of columns.</summary>
        private static void Gather4x1<V>(float* weights, float* rows, int count, float* sum)
        /// <summary><see cref="Gather"/> for 2 vectors of columns.</summary>
        private static void Gather4x2<V>(float* weights, float* rows, int count, float* sum)
        /// <summary>sum[r] += Σ_j weights[r, j]·rows[j] for 4 rows of weights: what 4 queries get from some keys.</summary>
        public static void Gather<V>(float* weights, float* rows, int count, float* sum)
        /// <summary><see cref="Rescale"/> for 1 vectors of columns.</summary>
        private static void Rescale4x1<V>(float* weights, float* rows, int count, float* scale, float* sum)
        /// <summary><see cref="Rescale"/> for 2 vectors of columns.</summary>
        private static void Rescale4x2<V>(float* weights, float* rows, int count, float* scale, float* sum)
        /// <summary>sum[r] = scale[r]·sum[r] + Σ_j weights[r, j]·rows[j]: the output of 4 queries moves on by some keys.</summary>
        public static void Rescale<V>(float* weights, float* rows, int count, float* scale, float* sum)
        /// <summary><see cref="Scatter"/> for 1 vectors of columns.</summary>
        private static void Scatter4x1<V>(float* weights, float* rows, int count, float* sum)
        /// <summary><see cref="Scatter"/> for 2 vectors of columns.</summary>
        private static void Scatter4x2<V>(float* weights, float* rows, int count, float* sum)
        /// <summary>sum[c] += Σ_i weights[i, c]·rows[i] for 4 columns of weights: what 4 keys get from some queries.</summary>
        public static void Scatter<V>(float* weights, float* rows, int count, float* sum)
        /// <summary>4 queries meet the panels panel..end of a block, whose scores [4, 64] are given: output ← output · 2^(old top - top) + p·V, p = 2^(score - top).</summary>
        public static void Advance<V>(KeyBlock* block, int panel, int end, float* scores, float* tops, float* sums, float* output)
        /// <summary>
        /// One step of the online softmax: 4 queries meet some keys. In scores [4, 64] stands s; then p = 2^(s - top), and sum ← sum · 2^(old top - top) + Σ p.
        /// The four factors 2^(old top - top) stand behind the scores then.
        /// </summary>
        private static void Soften<V>(int panel, int end, float* scores, float* tops, float* sums)
        /// <summary>Turns scores into P and dP into dS = P ∘ (dP - delta), for 4 queries and the panels panel..end.</summary>
        public static void Differentiate<V>(int panel, int end, float* statistics, float* deltas, float* scores, float* dScores)
        /// <summary>The inner product of one head's columns of two rows.</summary>
        public static float Dot<V>(float* left, float* right)
        /// <summary>The scores of one query and 8 vectors of keys.</summary>
        public static void OneScores8<V>(float* query, float* keys, float* scores)
        /// <summary>The scores of one query and 4 vectors of keys.</summary>
        public static void OneScores4<V>(float* query, float* keys, float* scores)
        /// <summary>The scores of one query and 2 vectors of keys.</summary>
        public static void OneScores2<V>(float* query, float* keys, float* scores)
        /// <summary>The scores of one query and 1 vector of keys.</summary>
        public static void OneScores1<V>(float* query, float* keys, float* scores)
        /// <summary>sum = Σ_j weights[j]·rows[j] in 1 vector of columns, 8 rows side by side.</summary>
        public static void OneValues1<V>(float* weights, float* rows, int count, float* sum)
        /// <summary>sum = Σ_j weights[j]·rows[j] in 2 vectors of columns, 4 rows side by side.</summary>
        public static void OneValues2<V>(float* weights, float* rows, int count, float* sum)
    /// <summary>y [rows, 8] = x [rows, 32] · Wᵀ (+ b), W [8, 32], with its gradients. Row strides: x 32, y 16, W 32.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 1 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear32To8
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardWithBiasShape : Tiles.IProduct
            public static int Depth => 32;
            public static bool Activates => false;
            public static int LeftStride => 32;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => true;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 8] = x·Wᵀ + b; x [rows, 32], panels: W as <c>Pack</c> leaves it, bias [8].</summary>
        public static void Forward(Team team, int rows, float* x, float* panels, float* bias, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputReluShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 32;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => true;
            public static bool Add => false;
        /// <summary>dx [rows, 32] = dy·W, 0 where the ReLU's output y is 0; dy [rows, 8], y [rows, 32], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInputRelu(Team team, int rows, float* dy, float* panels, float* y, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsAndBiasShape : Tiles.IGradient
            public static int Outputs => 8;
            public static int OutputStride => 16;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 32;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [8, 32] = dyᵀ·x, db [8] = Σ dy; x [rows, 32], dy [rows, 8]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, float* db, bool add)
        /// <summary>Wᵀ [32, 8] in panels of its columns, each [32, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 512 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [8, 32] in panels of its columns, each [8, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 256 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>y [rows, 10] = x [rows, 8] · Wᵀ (+ b), W [10, 8], with its gradients. Row strides: x 16, y 16, W 16.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 1 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear8To10
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 10] = x·Wᵀ; x [rows, 8], panels: W as <c>Pack</c> leaves it.</summary>
        public static void Forward(Team team, int rows, float* x, float* panels, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputShape : Tiles.IProduct
            public static int Depth => 10;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dx [rows, 8] = dy·W; dy [rows, 10], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInput(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsShape : Tiles.IGradient
            public static int Outputs => 10;
            public static int OutputStride => 16;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [10, 8] = dyᵀ·x; x [rows, 8], dy [rows, 10]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, bool add)
        /// <summary>Wᵀ [8, 10] in panels of its columns, each [8, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 128 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [10, 8] in panels of its columns, each [10, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 160 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>y [rows, 16] = x [rows, 8] · Wᵀ (+ b), W [16, 8], with its gradients. Row strides: x 16, y 16, W 16.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 1 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear8To16
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardWithBiasShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => true;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 16] = x·Wᵀ + b; x [rows, 8], panels: W as <c>Pack</c> leaves it, bias [16].</summary>
        public static void Forward(Team team, int rows, float* x, float* panels, float* bias, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputShape : Tiles.IProduct
            public static int Depth => 16;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dx [rows, 8] = dy·W; dy [rows, 16], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInput(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsAndBiasShape : Tiles.IGradient
            public static int Outputs => 16;
            public static int OutputStride => 16;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [16, 8] = dyᵀ·x, db [16] = Σ dy; x [rows, 8], dy [rows, 16]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, float* db, bool add)
        /// <summary>Wᵀ [8, 16] in panels of its columns, each [8, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 128 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [16, 8] in panels of its columns, each [16, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 256 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>y [rows, 24] = x [rows, 8] · Wᵀ (+ b), W [24, 8], with its gradients. Row strides: x 16, y 32, W 16.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 2 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear8To24
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardWithBiasShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 32;
            public static bool Bias => true;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 24] = x·Wᵀ + b; x [rows, 8], panels: W as <c>Pack</c> leaves it, bias [24].</summary>
        public static void Forward(Team team, int rows, float* x, float* panels, float* bias, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputAddShape : Tiles.IProduct
            public static int Depth => 24;
            public static bool Activates => false;
            public static int LeftStride => 32;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => true;
        /// <summary>dx [rows, 8] += dy·W; dy [rows, 24], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInputAdd(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsAndBiasShape : Tiles.IGradient
            public static int Outputs => 24;
            public static int OutputStride => 32;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [24, 8] = dyᵀ·x, db [24] = Σ dy; x [rows, 8], dy [rows, 24]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, float* db, bool add)
        /// <summary>Wᵀ [8, 24] in panels of its columns, each [8, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 256 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [24, 8] in panels of its columns, each [24, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 384 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>y [rows, 32] = x [rows, 8] · Wᵀ (+ b), W [32, 8], with its gradients. Row strides: x 16, y 32, W 16.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 2 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear8To32
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardReluWithBiasShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 32;
            public static bool Bias => true;
            public static bool Relu => true;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 32] = max(0, x·Wᵀ + b); x [rows, 8], panels: W as <c>Pack</c> leaves it, bias [32].</summary>
        public static void ForwardRelu(Team team, int rows, float* x, float* panels, float* bias, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputAddShape : Tiles.IProduct
            public static int Depth => 32;
            public static bool Activates => false;
            public static int LeftStride => 32;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => true;
        /// <summary>dx [rows, 8] += dy·W; dy [rows, 32], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInputAdd(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsAndBiasShape : Tiles.IGradient
            public static int Outputs => 32;
            public static int OutputStride => 32;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [32, 8] = dyᵀ·x, db [32] = Σ dy; x [rows, 8], dy [rows, 32]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, float* db, bool add)
        /// <summary>Wᵀ [8, 32] in panels of its columns, each [8, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 256 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [32, 8] in panels of its columns, each [32, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 512 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>y [rows, 8] = x [rows, 8] · Wᵀ (+ b), W [8, 8], with its gradients. Row strides: x 16, y 16, W 16.</summary>
    /// <remarks>With 512-bit vectors Wᵀ is packed in panels of 1 vectors, which divide the columns evenly; tiles have 12 rows, with 256 and 128 bits 6 rows × 2 vectors.</remarks>
    private static unsafe class Linear8To8
        /// <summary>The constants of the product below.</summary>
        private readonly struct ForwardWithBiasShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => true;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>y [rows, 8] = x·Wᵀ + b; x [rows, 8], panels: W as <c>Pack</c> leaves it, bias [8].</summary>
        public static void Forward(Team team, int rows, float* x, float* panels, float* bias, float* y)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dx [rows, 8] = dy·W; dy [rows, 8], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInput(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the product below.</summary>
        private readonly struct BackwardInputAddShape : Tiles.IProduct
            public static int Depth => 8;
            public static bool Activates => false;
            public static int LeftStride => 16;
            public static int LeftStep => 1;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => true;
        /// <summary>dx [rows, 8] += dy·W; dy [rows, 8], panels: W as <c>PackTransposed</c> leaves it.</summary>
        public static void BackwardInputAdd(Team team, int rows, float* dy, float* panels, float* dx)
        /// <summary>The constants of the gradient below.</summary>
        private readonly struct BackwardWeightsAndBiasShape : Tiles.IGradient
            public static int Outputs => 8;
            public static int OutputStride => 16;
            public static int LeftStride => 1;
            public static int LeftStep => 48;
            public static int ResultStride => 16;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => false;
        /// <summary>dW [8, 8] = dyᵀ·x, db [8] = Σ dy; x [rows, 8], dy [rows, 8]; with <paramref name="add"/> the sums go on from what the gradients hold.</summary>
        public static void BackwardWeights(Team team, int rows, float* x, float* dy, float* dW, float* db, bool add)
        /// <summary>Wᵀ [8, 8] in panels of its columns, each [8, width]: the right operand of y = x·Wᵀ. Copies the rows that floats [first, end) of W touch, of 128 floats in all.</summary>
        public static void Pack(float* w, float* panels, int first, int end)
        /// <summary>W [8, 8] in panels of its columns, each [8, width]: the right operand of dx = dy·W. Copies the rows that floats [first, end) of W touch, of 128 floats in all.</summary>
        public static void PackTransposed(float* w, float* panels, int first, int end)
    /// <summary>Steps on rows of 8 columns.</summary>
    private static unsafe class Rows8
        /// <summary>dx[labels.Rows[i]] = dy[i], the other rows zero: the gradient of <see cref="Select"/>. [rows, 8]</summary>
        public static void Scatter(LabelView labels, int rows, float* dy, float* dx)
        /// <summary>y[i] = x[labels.Rows[i]]: the rows whose next token is wanted. [rows, 8]</summary>
        public static void Select(Team team, LabelView labels, float* x, float* y)
        private struct SelectWork
        private static void SelectPart(int first, int end, void* work)
        private static void SelectPart<V>(int first, int end, SelectWork* work)
    /// <summary>
    /// Register tiles of matrix products, shared by all layers. result [rows, columns] = left [rows, depth] · right [depth, columns]: a tile of R rows × C
    /// vectors of sums stays in registers while the depth runs; each step reads C vectors of a packed panel and one value of each row.
    /// </summary>
    /// <remarks>Every sum runs over the depth in ascending order in one register, so its bits do not depend on the tile that computes it.</remarks>
    private static unsafe class Tiles
        /// <summary>One use of the tiles; the members are constants to the JIT, so a tile compiled for it holds only what it needs.</summary>
            /// <summary>Floats from one row of the left operand to the next.</summary>
            /// <summary>Floats from one step of the depth to the next in the left operand.</summary>
            /// <summary>Floats from one row of the result to the next: its columns, rounded up to 16.</summary>
            /// <summary>Whether extra [columns] is added to every row.</summary>
            /// <summary>Whether negative results become 0.</summary>
            /// <summary>Whether a result is 0 where extra [rows, columns] is not above 0: the gradient of ReLU, given its output.</summary>
            /// <summary>Whether the sums go on from what the result holds, instead of zero.</summary>
        /// <summary>The same use, its sums going on from what the result holds.</summary>
        public readonly struct Adding<TShape> : IShape
            public static int LeftStride => TShape.LeftStride;
            public static int LeftStep => TShape.LeftStep;
            public static int ResultStride => TShape.ResultStride;
            public static bool Bias => TShape.Bias;
            public static bool Relu => TShape.Relu;
            public static bool Mask => TShape.Mask;
            public static bool Add => true;
        /// <summary>The same use without its last steps: a part of the depth that another part follows.</summary>
        public readonly struct Unfinished<TShape> : IShape
            public static int LeftStride => TShape.LeftStride;
            public static int LeftStep => TShape.LeftStep;
            public static int ResultStride => TShape.ResultStride;
            public static bool Bias => false;
            public static bool Relu => false;
            public static bool Mask => false;
            public static bool Add => TShape.Add;
        /// <summary>1 row × 1 vector: 1 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile1x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>2 rows × 1 vector: 2 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile2x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>3 rows × 1 vector: 3 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile3x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>4 rows × 1 vector: 4 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile4x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>5 rows × 1 vector: 5 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile5x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>6 rows × 1 vector: 6 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile6x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>7 rows × 1 vector: 7 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile7x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>8 rows × 1 vector: 8 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile8x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>9 rows × 1 vector: 9 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile9x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>10 rows × 1 vector: 10 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile10x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>11 rows × 1 vector: 11 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile11x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>12 rows × 1 vector: 12 sums, 1 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile12x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>1 row × 2 vectors: 2 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile1x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>2 rows × 2 vectors: 4 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile2x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>3 rows × 2 vectors: 6 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile3x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>4 rows × 2 vectors: 8 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile4x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>5 rows × 2 vectors: 10 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile5x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>6 rows × 2 vectors: 12 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile6x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>7 rows × 2 vectors: 14 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile7x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>8 rows × 2 vectors: 16 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile8x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>9 rows × 2 vectors: 18 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile9x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>10 rows × 2 vectors: 20 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile10x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>11 rows × 2 vectors: 22 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile11x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>12 rows × 2 vectors: 24 sums, 2 of the panel and 1 of the left operand in registers.</summary>
        public static void Tile12x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>1 row × 8 panels of 1 vectors: 8 independent sums hide the latency of a multiplication.</summary>
        public static void Row8x1<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>1 row × 4 panels of 2 vectors: 8 independent sums hide the latency of a multiplication.</summary>
        public static void Row4x2<V, TShape>(int depth, float* left, float* right, float* result, float* extra)
        /// <summary>Any number of rows against one panel of 1 vector, 12 at a time; the rows left over have a tile of their own size.</summary>
        public static void Panel12x1<V, TShape>(int rows, int depth, float* left, float* right, float* result, float* extra)
        /// <summary>Any number of rows against one panel of 2 vectors, 6 at a time; the rows left over have a tile of their own size.</summary>
        public static void Panel6x2<V, TShape>(int rows, int depth, float* left, float* right, float* result, float* extra)
        /// <summary>Any number of rows against one panel of 2 vectors, 12 at a time; the rows left over have a tile of their own size.</summary>
        public static void Panel12x2<V, TShape>(int rows, int depth, float* left, float* right, float* result, float* extra)
        /// <summary>Rows that one unit of work takes through a panel: a multiple of every tile's rows.</summary>
        private const int RowsPerUnit = 48;
        /// <summary>Depth that one pass takes: its part of a panel (64 columns) fits the second-level cache.</summary>
        private const int DepthAtOnce = 3072;
        /// <summary>Multiplications below which waking another thread saves nothing (about 4 microseconds).</summary>
        private const long WorthSharing = 1 << 19;
        /// <summary>A product against packed panels.</summary>
            /// <summary>Products in each sum.</summary>
            /// <summary>Whether a result v becomes Activation(v).</summary>
            /// <summary>The activation of the results v from a column on.</summary>
        /// <summary>The arguments of a product.</summary>
        public struct Product
            /// <summary>Rows of left and result.</summary>
            /// <summary>[rows, depth].</summary>
            /// <summary>The packed panels: [depth, columns].</summary>
            /// <summary>[rows, columns].</summary>
            /// <summary>What the shape makes of it: a bias, a mask, or nothing.</summary>
            /// <summary>[rows, columns]: takes the values before the activation, if not null.</summary>
            /// <summary>Units of work.</summary>
            /// <summary>Units that a thread takes at a time.</summary>
            /// <summary>The first unit that nobody has taken.</summary>
        /// <summary>
        /// Takes the next units of a piece of work, false when none is left: a thread that something else slows down takes fewer. Which thread
        /// computes a unit changes no bit of it.
        /// </summary>
        private static bool Claim(ref int next, int units, int chunk, out int first, out int end)
        /// <summary>Blocks of rows; the last has up to half a block more, so that none is a lonely row.</summary>
        private static int Blocks(int rows) => Math.Max(1, (rows + (RowsPerUnit / 2)) / RowsPerUnit);
        /// <summary>v ← Activation(v) for a part of the result that has just been written; v itself goes to before, if not null.</summary>
        private static void Activate<V, TShape>(int rows, int column, int width, float* result, float* before)
        /// <summary>Rows against one panel of 1 vectors; a depth that does not fit the cache goes in equal parts, each going on from the last one's sums.</summary>
        private static void Deep12x1<V, TShape>(int rows, float* left, float* right, float* result, float* extra)
        /// <summary>Rows against one panel of 2 vectors; a depth that does not fit the cache goes in equal parts, each going on from the last one's sums.</summary>
        private static void Deep6x2<V, TShape>(int rows, float* left, float* right, float* result, float* extra)
        /// <summary>Rows against one panel of 2 vectors; a depth that does not fit the cache goes in equal parts, each going on from the last one's sums.</summary>
        private static void Deep12x2<V, TShape>(int rows, float* left, float* right, float* result, float* extra)
        /// <summary>result = left · right over panels of 1 vectors; a unit of work is one panel and one block of rows.</summary>
        public static void Multiply12x1<V, TShape>(Team team, Product* product)
        private static void Multiply12x1Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>result = left · right over panels of 2 vectors; a unit of work is one panel and one block of rows.</summary>
        public static void Multiply12x2<V, TShape>(Team team, Product* product)
        private static void Multiply12x2Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>result = left · right over panels of 2 vectors; a unit of work is one panel and one block of rows.</summary>
        public static void Multiply6x2<V, TShape>(Team team, Product* product)
        private static void Multiply6x2Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>Batch rows that are summed before the sums go to memory: the copies of a block stay in the second-level cache.</summary>
        private const int GradientDepth = 512;
        /// <summary>Columns of x that are copied into panels at a time.</summary>
        private const int GradientColumns = 256;
        /// <summary>Columns of dy that are copied at a time: a multiple of every tile's rows.</summary>
        private const int GradientRows = 48;
        /// <summary>The gradient of a weight matrix [outputs, inputs].</summary>
            /// <summary>Rows of the matrix.</summary>
            /// <summary>Floats from one row of dy to the next.</summary>
        /// <summary>The arguments of a gradient.</summary>
        public struct Gradient
            /// <summary>Rows of x and dy.</summary>
            /// <summary>Whether to add to what the gradients hold.</summary>
            /// <summary>x [rows, inputs].</summary>
            /// <summary>dy [rows, outputs].</summary>
            /// <summary>dW [outputs, inputs].</summary>
            /// <summary>db [outputs], or null.</summary>
            /// <summary>Units of work.</summary>
            /// <summary>Units that a thread takes at a time.</summary>
            /// <summary>The first unit that nobody has taken.</summary>
        /// <summary>
        /// Copies count ≤ 48 columns of dy [rows, stride] to block [rows, 48], the columns beyond them as zeros or with whatever stands there, and
        /// sums each column, rows ascending.
        /// </summary>
        private static void CopyOutputs<V>(int rows, int count, bool whole, float* source, int stride, float* block, float* sums)
        /// <summary>Copies columns of x [rows, stride] into panels of 1 vectors [rows, 1 vectors]; the last may be narrower.</summary>
        private static void CopyInputs1<V>(int rows, int columns, float* source, int stride, float* panels)
        /// <summary>Copies columns of x [rows, stride] into panels of 2 vectors [rows, 2 vectors]; the last may be narrower.</summary>
        private static void CopyInputs2<V>(int rows, int columns, float* source, int stride, float* panels)
        /// <summary>dW = dyᵀ · x and db = Σ dy, over panels of 1 vectors; a unit of work is 12 rows of dW.</summary>
        public static void Sum12x1<V, TShape>(Team team, Gradient* gradient)
        private static void Sum12x1Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>dW = dyᵀ · x and db = Σ dy, over panels of 2 vectors; a unit of work is 12 rows of dW.</summary>
        public static void Sum12x2<V, TShape>(Team team, Gradient* gradient)
        private static void Sum12x2Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>dW = dyᵀ · x and db = Σ dy, over panels of 2 vectors; a unit of work is 6 rows of dW.</summary>
        public static void Sum6x2<V, TShape>(Team team, Gradient* gradient)
        private static void Sum6x2Part<V, TShape>(int thread, int threads, void* state)
        /// <summary>A matrix [rows, columns] that is copied into panels.</summary>
        public struct Packing
            /// <summary>The matrix.</summary>
            /// <summary>Where the panels go.</summary>
            /// <summary>Its rows.</summary>
            /// <summary>Its columns.</summary>
            /// <summary>Floats from one row to the next.</summary>
            /// <summary>Floats across a panel.</summary>
            /// <summary>The rows to copy: [First, End).</summary>
        /// <summary>Panels of the columns of a matrix [rows, columns]: each [rows, width].</summary>
        public static void CopyPanels<V>(Packing* packing)
        /// <summary>Panels of the rows of a matrix [rows, columns], transposed: each [columns, width]; zeros beyond the last row.</summary>
        public static void TransposePanels<V>(Packing* packing)
