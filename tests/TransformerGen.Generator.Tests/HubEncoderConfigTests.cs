using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>The keys of config.json files as well-known encoders and encoder-decoders of the Hub have them, old spellings and leftovers of their training too: none is a problem.</summary>
public class HubEncoderConfigTests
{
    /// <summary>Name, keys, and the sizes that follow: width, heads, layers, vocabulary, longest sequence, padding, end.</summary>
    public static TheoryData<string, string, string> Files => new()
    {
        {
            "bert-base-uncased",
            """
            "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": false, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
            "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0, "position_embedding_type": "absolute", "transformers_version": "4.6.0.dev0",
            "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
            """,
            "768 12 12 30522 512 0 -"
        },
        {
            "bert-base-multilingual-cased",
            """
            "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "directionality": "bidi", "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
            "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0, "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3,
            "pooler_size_per_head": 128, "pooler_type": "first_token_transform", "type_vocab_size": 2, "vocab_size": 119547
            """,
            "768 12 12 119547 512 0 -"
        },
        {
            "nlptown/bert-base-multilingual-uncased-sentiment",
            """
            "_num_labels": 5, "architectures": ["BertForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "directionality": "bidi", "finetuning_task": "sentiment-analysis",
            "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "id2label": {"0": "1 star", "1": "2 stars", "2": "3 stars", "3": "4 stars", "4": "5 stars"},
            "initializer_range": 0.02, "intermediate_size": 3072, "label2id": {"1 star": 0, "2 stars": 1, "3 stars": 2, "4 stars": 3, "5 stars": 4}, "layer_norm_eps": 1e-12,
            "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 0, "pooler_fc_size": 768,
            "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform", "type_vocab_size": 2, "vocab_size": 105879
            """,
            "768 12 12 105879 512 0 -"
        },
        {
            "dslim/bert-base-NER",
            """
            "_num_labels": 9, "architectures": ["BertForTokenClassification"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
            "id2label": {"0": "O", "1": "B-MISC", "2": "I-MISC", "3": "B-PER", "4": "I-PER", "5": "B-ORG", "6": "I-ORG", "7": "B-LOC", "8": "I-LOC"}, "initializer_range": 0.02,
            "intermediate_size": 3072, "label2id": {"B-LOC": 7, "B-MISC": 1, "B-ORG": 5, "B-PER": 3, "I-LOC": 8, "I-MISC": 2, "I-ORG": 6, "I-PER": 4, "O": 0}, "layer_norm_eps": 1e-12,
            "max_length": 512, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 0,
            "type_vocab_size": 2, "vocab_size": 28996
            """,
            "768 12 12 28996 512 0 -"
        },
        {
            "bert-large-uncased-whole-word-masking-finetuned-squad",
            """
            "architectures": ["BertForQuestionAnswering"], "attention_probs_dropout_prob": 0.1, "finetuning_task": null, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 1024,
            "initializer_range": 0.02, "intermediate_size": 4096, "is_decoder": false, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
            "num_attention_heads": 16, "num_hidden_layers": 24, "num_labels": 2, "output_attentions": false, "output_hidden_states": false, "output_past": true, "pruned_heads": {},
            "torchscript": false, "type_vocab_size": 2, "use_bfloat16": false, "vocab_size": 30522
            """,
            "1024 16 24 30522 512 0 -"
        },
        {
            "sentence-transformers/all-MiniLM-L6-v2",
            """
            "_name_or_path": "nreimers/MiniLM-L6-H384-uncased", "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": false, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 384, "initializer_range": 0.02, "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
            "num_attention_heads": 12, "num_hidden_layers": 6, "pad_token_id": 0, "position_embedding_type": "absolute", "transformers_version": "4.8.2", "type_vocab_size": 2,
            "use_cache": true, "vocab_size": 30522
            """,
            "384 12 6 30522 512 0 -"
        },
        {
            "cross-encoder/ms-marco-MiniLM-L-6-v2",
            """
            "architectures": ["BertForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "classifier_dropout": null, "gradient_checkpointing": false, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 384, "id2label": {"0": "LABEL_0"}, "initializer_range": 0.02, "intermediate_size": 1536, "label2id": {"LABEL_0": 0},
            "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 6, "pad_token_id": 0,
            "position_embedding_type": "absolute", "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity", "torch_dtype": "float32",
            "transformers_version": "4.4.2", "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
            """,
            "384 12 6 30522 512 0 -"
        },
        {
            "roberta-base",
            """
            "architectures": ["RobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "roberta",
            "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "type_vocab_size": 1, "vocab_size": 50265
            """,
            "768 12 12 50265 512 1 2"
        },
        {
            "cardiffnlp/twitter-roberta-base-sentiment-latest",
            """
            "_name_or_path": "model", "architectures": ["RobertaForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "classifier_dropout": null,
            "eos_token_id": 2, "gradient_checkpointing": false, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
            "id2label": {"0": "negative", "1": "neutral", "2": "positive"}, "initializer_range": 0.02, "intermediate_size": 3072,
            "label2id": {"negative": 0, "neutral": 1, "positive": 2}, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "roberta", "num_attention_heads": 12,
            "num_hidden_layers": 12, "pad_token_id": 1, "position_embedding_type": "absolute", "torch_dtype": "float32", "transformers_version": "4.13.0.dev0", "type_vocab_size": 1,
            "use_cache": true, "vocab_size": 50265
            """,
            "768 12 12 50265 512 1 2"
        },
        {
            "deepset/roberta-base-squad2",
            """
            "architectures": ["RobertaForQuestionAnswering"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2, "gradient_checkpointing": false, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "language": "english", "layer_norm_eps": 1e-05,
            "max_position_embeddings": 514, "model_type": "roberta", "name": "Roberta", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1,
            "position_embedding_type": "absolute", "transformers_version": "4.5.1", "type_vocab_size": 1, "use_cache": true, "vocab_size": 50265
            """,
            "768 12 12 50265 512 1 2"
        },
        {
            "xlm-roberta-base",
            """
            "architectures": ["XLMRobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "xlm-roberta",
            "num_attention_heads": 12, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "position_embedding_type": "absolute", "transformers_version": "4.17.0.dev0",
            "type_vocab_size": 1, "use_cache": true, "vocab_size": 250002
            """,
            "768 12 12 250002 512 1 2"
        },
        {
            "camembert-base",
            """
            "architectures": ["CamembertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 5, "eos_token_id": 6, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "camembert",
            "num_attention_heads": 12, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "type_vocab_size": 1, "vocab_size": 32005
            """,
            "768 12 12 32005 512 1 6"
        },
        {
            "distilbert-base-uncased",
            """
            "activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1, "dim": 768, "dropout": 0.1, "hidden_dim": 3072, "initializer_range": 0.02,
            "max_position_embeddings": 512, "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
            "sinusoidal_pos_embds": false, "tie_weights_": true, "transformers_version": "4.10.0.dev0", "vocab_size": 30522
            """,
            "768 12 6 30522 512 0 -"
        },
        {
            "distilbert-base-uncased-finetuned-sst-2-english",
            """
            "activation": "gelu", "architectures": ["DistilBertForSequenceClassification"], "attention_dropout": 0.1, "dim": 768, "dropout": 0.1, "finetuning_task": "sst-2",
            "hidden_dim": 3072, "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "initializer_range": 0.02, "label2id": {"NEGATIVE": 0, "POSITIVE": 1}, "max_position_embeddings": 512,
            "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "output_past": true, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
            "sinusoidal_pos_embds": false, "tie_weights_": true, "vocab_size": 30522
            """,
            "768 12 6 30522 512 0 -"
        },
        {
            "sentence-transformers/all-mpnet-base-v2",
            """
            "_name_or_path": "microsoft/mpnet-base", "architectures": ["MPNetForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514,
            "model_type": "mpnet", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "relative_attention_num_buckets": 32, "torch_dtype": "float32",
            "transformers_version": "4.8.2", "vocab_size": 30527
            """,
            "768 12 12 30527 512 1 2"
        },
        {
            "google/electra-small-generator",
            """
            "architectures": ["ElectraForMaskedLM"], "attention_probs_dropout_prob": 0.1, "embedding_size": 128, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 256,
            "initializer_range": 0.02, "intermediate_size": 1024, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "electra", "num_attention_heads": 4,
            "num_hidden_layers": 12, "pad_token_id": 0, "position_embedding_type": "absolute", "summary_activation": "gelu", "summary_last_dropout": 0.1, "summary_type": "first",
            "summary_use_proj": true, "transformers_version": "4.37.0", "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
            """,
            "256 4 12 30522 512 0 -"
        },
        {
            "albert-base-v2",
            """
            "architectures": ["AlbertForMaskedLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 2, "classifier_dropout_prob": 0.1, "down_scale_factor": 1, "embedding_size": 128,
            "eos_token_id": 3, "gap_size": 0, "hidden_act": "gelu_new", "hidden_dropout_prob": 0, "hidden_size": 768, "initializer_range": 0.02, "inner_group_num": 1,
            "intermediate_size": 3072, "layer_norm_eps": 1e-12, "layers_to_keep": [], "max_position_embeddings": 512, "model_type": "albert", "net_structure_type": 0,
            "num_attention_heads": 12, "num_hidden_groups": 1, "num_hidden_layers": 12, "num_memory_blocks": 0, "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": 30000
            """,
            "768 12 12 30000 512 0 3"
        },
        {
            "answerdotai/ModernBERT-base",
            """
            "architectures": ["ModernBertForMaskedLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 50281, "classifier_activation": "gelu",
            "classifier_bias": false, "classifier_dropout": 0.0, "classifier_pooling": "mean", "cls_token_id": 50281, "decoder_bias": true, "deterministic_flash_attn": false,
            "embedding_dropout": 0.0, "eos_token_id": 50282, "global_attn_every_n_layers": 3, "global_rope_theta": 160000.0, "gradient_checkpointing": false,
            "hidden_activation": "gelu", "hidden_size": 768, "initializer_cutoff_factor": 2.0, "initializer_range": 0.02, "intermediate_size": 1152, "layer_norm_eps": 1e-05,
            "local_attention": 128, "local_rope_theta": 10000.0, "max_position_embeddings": 8192, "mlp_bias": false, "mlp_dropout": 0.0, "model_type": "modernbert",
            "norm_bias": false, "norm_eps": 1e-05, "num_attention_heads": 12, "num_hidden_layers": 22, "pad_token_id": 50283, "position_embedding_type": "absolute",
            "repad_logits_with_grad": false, "sep_token_id": 50282, "sparse_pred_ignore_index": -100, "sparse_prediction": false, "torch_dtype": "float32",
            "transformers_version": "4.47.0.dev0", "vocab_size": 50368
            """,
            "768 12 22 50368 8192 50283 50282"
        },
        {
            "allenai/longformer-base-4096",
            """
            "attention_mode": "longformer", "attention_probs_dropout_prob": 0.1, "attention_window": [512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512], "bos_token_id": 0,
            "eos_token_id": 2, "gradient_checkpointing": false, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "ignore_attention_mask": false,
            "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 4098, "model_type": "longformer", "num_attention_heads": 12,
            "num_hidden_layers": 12, "pad_token_id": 1, "sep_token_id": 2, "type_vocab_size": 1, "vocab_size": 50265
            """,
            "768 12 12 50265 4096 1 2"
        },
        {
            "facebook/bart-large-cnn",
            """
            "_num_labels": 3, "activation_dropout": 0.0, "activation_function": "gelu", "add_final_layer_norm": false, "architectures": ["BartForConditionalGeneration"],
            "attention_dropout": 0.0, "bos_token_id": 0, "classif_dropout": 0.0, "classifier_dropout": 0.0, "d_model": 1024, "decoder_attention_heads": 16, "decoder_ffn_dim": 4096,
            "decoder_layerdrop": 0.0, "decoder_layers": 12, "decoder_start_token_id": 2, "dropout": 0.1, "early_stopping": true, "encoder_attention_heads": 16,
            "encoder_ffn_dim": 4096, "encoder_layerdrop": 0.0, "encoder_layers": 12, "eos_token_id": 2, "force_bos_token_to_be_generated": true, "forced_bos_token_id": 0,
            "forced_eos_token_id": 2, "gradient_checkpointing": false, "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02, "is_encoder_decoder": true,
            "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, "length_penalty": 2.0, "max_length": 142, "max_position_embeddings": 1024, "min_length": 56, "model_type": "bart",
            "no_repeat_ngram_size": 3, "normalize_before": false, "num_beams": 4, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "prefix": " ",
            "scale_embedding": false, "task_specific_params": {"summarization": {"early_stopping": true, "length_penalty": 2.0, "max_length": 142, "min_length": 56,
            "no_repeat_ngram_size": 3, "num_beams": 4}}, "transformers_version": "4.7.0.dev0", "use_cache": true, "vocab_size": 50264
            """,
            "1024 16 12 50264 1024 1 2"
        },
        {
            "facebook/mbart-large-50-many-to-many-mmt",
            """
            "_name_or_path": "/home/suraj/projects/mbart-50/hf_models/mbart-50-large", "_num_labels": 3, "activation_dropout": 0.0, "activation_function": "relu",
            "add_bias_logits": false, "add_final_layer_norm": true, "architectures": ["MBartForConditionalGeneration"], "attention_dropout": 0.0, "bos_token_id": 0,
            "classif_dropout": 0.0, "classifier_dropout": 0.0, "d_model": 1024, "decoder_attention_heads": 16, "decoder_ffn_dim": 4096, "decoder_layerdrop": 0.0,
            "decoder_layers": 12, "decoder_start_token_id": 2, "dropout": 0.1, "early_stopping": true, "encoder_attention_heads": 16, "encoder_ffn_dim": 4096,
            "encoder_layerdrop": 0.0, "encoder_layers": 12, "eos_token_id": 2, "forced_eos_token_id": 2, "gradient_checkpointing": false,
            "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02, "is_encoder_decoder": true,
            "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, "max_length": 200, "max_position_embeddings": 1024, "model_type": "mbart", "normalize_before": true,
            "normalize_embedding": true, "num_beams": 5, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "scale_embedding": true,
            "static_position_embeddings": false, "tokenizer_class": "MBart50Tokenizer", "transformers_version": "4.4.0.dev0", "use_cache": true, "vocab_size": 250054
            """,
            "1024 16 12 250054 1024 1 2"
        },
        {
            "Helsinki-NLP/opus-mt-en-de",
            """
            "_num_labels": 3, "activation_dropout": 0.0, "activation_function": "swish", "add_bias_logits": false, "add_final_layer_norm": false, "architectures": ["MarianMTModel"],
            "attention_dropout": 0.0, "bad_words_ids": [[58100]], "bos_token_id": 0, "classif_dropout": 0.0, "classifier_dropout": 0.0, "d_model": 512,
            "decoder_attention_heads": 8, "decoder_ffn_dim": 2048, "decoder_layerdrop": 0.0, "decoder_layers": 6, "decoder_start_token_id": 58100, "decoder_vocab_size": 58101,
            "dropout": 0.1, "encoder_attention_heads": 8, "encoder_ffn_dim": 2048, "encoder_layerdrop": 0.0, "encoder_layers": 6, "eos_token_id": 0, "forced_eos_token_id": 0,
            "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02, "is_encoder_decoder": true,
            "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, "max_length": 512, "max_position_embeddings": 512, "model_type": "marian", "normalize_before": false,
            "normalize_embedding": false, "num_beams": 6, "num_hidden_layers": 6, "pad_token_id": 58100, "scale_embedding": true, "share_encoder_decoder_embeddings": true,
            "static_position_embeddings": true, "transformers_version": "4.22.0.dev0", "use_cache": true, "vocab_size": 58101
            """,
            "512 8 6 58101 512 58100 0"
        },
        {
            "google/pegasus-xsum",
            """
            "activation_dropout": 0.1, "activation_function": "relu", "add_bias_logits": false, "add_final_layer_norm": true, "architectures": ["PegasusForConditionalGeneration"],
            "attention_dropout": 0.1, "bos_token_id": 0, "classif_dropout": 0.0, "classifier_dropout": 0.0, "d_model": 1024, "decoder_attention_heads": 16, "decoder_ffn_dim": 4096,
            "decoder_layerdrop": 0.0, "decoder_layers": 16, "decoder_start_token_id": 0, "dropout": 0.1, "encoder_attention_heads": 16, "encoder_ffn_dim": 4096,
            "encoder_layerdrop": 0.0, "encoder_layers": 16, "eos_token_id": 1, "extra_pos_embeddings": 0, "force_bos_token_to_be_generated": false, "forced_eos_token_id": 1,
            "gradient_checkpointing": false, "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02, "is_encoder_decoder": true,
            "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, "length_penalty": 0.6, "max_length": 64, "max_position_embeddings": 512, "model_type": "pegasus",
            "normalize_before": true, "normalize_embedding": false, "num_beams": 8, "num_hidden_layers": 16, "pad_token_id": 0, "scale_embedding": true,
            "static_position_embeddings": true, "use_cache": true, "vocab_size": 96103
            """,
            "1024 16 16 96103 512 0 1"
        },
        {
            "facebook/m2m100_418M",
            """
            "_name_or_path": "hf_models/m2m100_418M", "activation_dropout": 0.0, "activation_function": "relu", "add_bias_logits": false, "add_final_layer_norm": true,
            "architectures": ["M2M100ForConditionalGeneration"], "attention_dropout": 0.1, "bos_token_id": 0, "classif_dropout": 0.0, "classifier_dropout": 0.0, "d_model": 1024,
            "decoder_attention_heads": 16, "decoder_ffn_dim": 4096, "decoder_layerdrop": 0.05, "decoder_layers": 12, "decoder_start_token_id": 2, "dropout": 0.1,
            "early_stopping": true, "encoder_attention_heads": 16, "encoder_ffn_dim": 4096, "encoder_layerdrop": 0.05, "encoder_layers": 12, "eos_token_id": 2,
            "gradient_checkpointing": false, "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02, "is_encoder_decoder": true,
            "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, "max_length": 200, "max_position_embeddings": 1024, "model_type": "m2m_100", "normalize_before": true,
            "normalize_embedding": false, "num_beams": 5, "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "scale_embedding": true,
            "static_position_embeddings": true, "transformers_version": "4.4.0.dev0", "use_cache": true, "vocab_size": 128112
            """,
            "1024 16 12 128112 1024 1 2"
        },
        {
            "facebook/nllb-200-distilled-600M",
            """
            "activation_dropout": 0.0, "activation_function": "relu", "architectures": ["M2M100ForConditionalGeneration"], "attention_dropout": 0.1, "bos_token_id": 0, "d_model": 1024,
            "decoder_attention_heads": 16, "decoder_ffn_dim": 4096, "decoder_layerdrop": 0, "decoder_layers": 12, "decoder_start_token_id": 2, "dropout": 0.1,
            "encoder_attention_heads": 16, "encoder_ffn_dim": 4096, "encoder_layerdrop": 0, "encoder_layers": 12, "eos_token_id": 2, "init_std": 0.02, "is_encoder_decoder": true,
            "max_length": 200, "max_position_embeddings": 1024, "model_type": "m2m_100", "num_hidden_layers": 12, "pad_token_id": 1, "scale_embedding": true,
            "tokenizer_class": "NllbTokenizer", "torch_dtype": "float32", "transformers_version": "4.21.0.dev0", "use_cache": true, "vocab_size": 256206
            """,
            "1024 16 12 256206 1024 1 2"
        },
        {
            "t5-small",
            """
            "architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 512, "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1,
            "initializer_factor": 1.0, "is_encoder_decoder": true, "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512, "num_heads": 8, "num_layers": 6,
            "output_past": true, "pad_token_id": 0, "relative_attention_num_buckets": 32, "task_specific_params": {"summarization": {"early_stopping": true, "length_penalty": 2.0,
            "max_length": 200, "min_length": 30, "no_repeat_ngram_size": 3, "num_beams": 4, "prefix": "summarize: "}}, "vocab_size": 32128
            """,
            "512 8 6 32128 1073741823 0 1"
        },
        {
            "google/flan-t5-base",
            """
            "architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 768, "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1,
            "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0, "is_encoder_decoder": true, "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512,
            "num_decoder_layers": 12, "num_heads": 12, "num_layers": 12, "output_past": true, "pad_token_id": 0, "relative_attention_max_distance": 128,
            "relative_attention_num_buckets": 32, "tie_word_embeddings": false, "transformers_version": "4.23.1", "use_cache": true, "vocab_size": 32128
            """,
            "768 12 12 32128 1073741823 0 1"
        },
        {
            "google/mt5-small",
            """
            "_name_or_path": "/home/patrick/hugging_face/t5/mt5-small", "architectures": ["MT5ForConditionalGeneration"], "d_ff": 1024, "d_kv": 64, "d_model": 512,
            "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0, "is_encoder_decoder": true,
            "layer_norm_epsilon": 1e-06, "model_type": "mt5", "num_decoder_layers": 8, "num_heads": 6, "num_layers": 8, "pad_token_id": 0, "relative_attention_num_buckets": 32,
            "tie_word_embeddings": false, "tokenizer_class": "T5Tokenizer", "vocab_size": 250112
            """,
            "512 6 8 250112 1073741823 0 1"
        },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_the_Hub_is_read_without_a_problem(string name, string keys, string expected)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", "{" + keys + "}", problems).Spec;
        Assert.True(spec is not null && problems.Count == 0, name + ": " + string.Join("\n", problems));
        AttentionSpec attention = spec!.Encoder!.Layers[0].Sublayers.OfType<AttentionSpec>().Single();
        string ends = spec.EndIds.Count == 0 ? "-" : string.Join(",", spec.EndIds);
        Assert.Equal(expected, $"{spec.Width} {attention.Heads} {spec.Encoder.Layers.Count} {spec.Vocabulary} {spec.MaxLength} {spec.PadId} {ends}");
    }
}
