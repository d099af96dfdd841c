namespace TransformerGen.Generator.Emit;

/// <summary>Additive attention (Bahdanau et al. 2015): its score under the same softmax.</summary>
internal sealed record HeadAdditive(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "7 additive";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>scores[4, count · 16] = factor·Σ_d score[d]·tanh(queries[4, d] + panels[count, d, 16]), rows of scores 64 apart; 0 for the queries that are not present.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void AdditiveScores<V>(float* queries, int present, float* panels, int count, float* score, float factor, float* scores)
            where V : unmanaged, ILanes<V>
        {
            V scale = V.Create(factor);
            for (int row = 0; row < TileRows; row++)
            {
                for (int key = 0; key < count * Panel; key += V.Count)
                {
                    float* lane = panels + (key / Panel * Panel * HeadWidth) + (key % Panel);
                    V sum = V.Zero;
                    for (int d = 0; d < HeadWidth && row < present; d++)
                    {
                        sum = V.MultiplyAdd(V.Create(score[d]), LaneMath.Tanh(V.Create(queries[(row * Padded) + d]) + V.Load(lane + (d * Panel))), sum);
                    }

                    V.Store(sum * scale, scores + (row * BlockKeys) + key);
                }
            }
        }
        """);
}

/// <summary>The gradient of additive attention's score with respect to q, k and its own weights.</summary>
internal sealed record HeadAdditiveGradient(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "7 additive gradient";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>
        /// d(Σ_d score[d]·tanh(q[d] + k[d])) for 4 queries and the panels panel..end, from dS: with t = tanh(..), dq[d] and dk[d] get
        /// dS·score[d]·(1 - t²), dScore[d] gets dS·t. dK is kept in panels, dScore in lanes [d, 16].
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void AdditiveGradient<V>(KeyBlock* block, int panel, int end, float* queries, float* score, float* dScores, float* dQueries, float* dKeys, float* dScore)
            where V : unmanaged, ILanes<V>
        {
            V one = V.Create(1f);
            for (int row = 0; row < TileRows; row++)
            {
                for (int d = 0; d < HeadWidth; d++)
                {
                    V query = V.Create(queries[d]), weight = V.Create(score[d]), dWeight = V.Load(dScore + (d * Panel)), dQuery = V.Zero;
                    for (int key = panel * Panel; key < end * Panel; key += V.Count)
                    {
                        int lane = (key / Panel * Panel * HeadWidth) + (d * Panel) + (key % Panel);
                        V t = LaneMath.Tanh(query + V.Load(block->Keys + lane)), dS = V.Load(dScores + key);
                        V dSum = dS * weight * (one - (t * t));
                        dQuery += dSum;
                        V.Store(V.Load(dKeys + lane) + dSum, dKeys + lane);
                        dWeight = V.MultiplyAdd(dS, t, dWeight);
                    }

                    dQueries[d] += V.Sum(dQuery);
                    V.Store(dWeight, dScore + (d * Panel));
                }

                queries += Padded;
                dScores += BlockKeys;
                dQueries += Padded;
            }
        }

        /// <summary>Writes one lane of panels as a row: stored, or added.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void UnpackLane(float* panels, int row, bool add, float* destination)
        {
            float* lane = panels + (row / Panel * Panel * HeadWidth) + (row % Panel);
            for (int d = 0; d < HeadWidth; d++)
            {
                destination[d] = add ? destination[d] + lane[d * Panel] : lane[d * Panel];
            }
        }
        """);
}
