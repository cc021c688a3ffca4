"""The terms of the glossary, each in plain words and in those of the field."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A term with its two explanations."""

    word: str
    plain: str
    precise: str


GLOSSARY = (
    Term(
        "accuracy",
        "The share of right answers.",
        "Correct / all; misleading with unequal labels.",
    ),
    Term(
        "augmentation",
        "Changed copies of pictures: mirrored, cropped.",
        "Label-preserving random transforms at training time.",
    ),
    Term(
        "backbone",
        "The borrowed network without its last layer. It turns a picture into features.",
        "Pretrained encoder; outputs pooled features of fixed length.",
    ),
    Term(
        "baseline",
        "The simplest thing to compare with.",
        "Here: always answering the most frequent label of training.",
    ),
    Term(
        "batch",
        "The few pictures after which the network adjusts itself.",
        "Mini-batch of one optimiser step.",
    ),
    Term(
        "classifier",
        "What a run leaves behind: weights, labels, preprocessing, recipe.",
        "Backbone and head with everything needed to reproduce its outputs.",
    ),
    Term(
        "confusion matrix",
        "A table of what it was against what was answered.",
        "Counts C[i, j] of true label i predicted as j.",
    ),
    Term(
        "domain",
        "Where and how pictures were taken.",
        "A data distribution p(x, y).",
    ),
    Term(
        "dropout",
        "Some connections rest at random, so that none becomes indispensable.",
        "Random zeroing of activations in training (Srivastava et al. 2014).",
    ),
    Term(
        "early stopping",
        "Ending when it no longer gets better on other pictures.",
        "Stop after `patience` epochs without a better validation loss; keep the best weights, or "
        "their mean from there on.",
    ),
    Term(
        "epoch",
        "Seeing every training picture once.",
        "One pass over the training split.",
    ),
    Term(
        "example",
        "One picture with its answer.",
        "A pair (x, y).",
    ),
    Term(
        "feature",
        "One thing the network notices, as a number.",
        "A coordinate of the representation.",
    ),
    Term(
        "feature extraction",
        "Only the new head learns.",
        "Linear probing on frozen features.",
    ),
    Term(
        "fine-tuning",
        "Borrowed stages learn too, in small steps.",
        "Continued training of pretrained weights on the target task.",
    ),
    Term(
        "frozen",
        "Stays exactly as it was borrowed.",
        "No gradient; normalisation statistics fixed.",
    ),
    Term(
        "group",
        "Pictures that belong together and must stay in one split.",
        "Unit of a grouped split: burst, patient, site, near-duplicates.",
    ),
    Term(
        "head",
        "The new layers on top that give your labels.",
        "Task-specific layers on pooled features, ending in logits.",
    ),
    Term(
        "label",
        "One possible answer.",
        "A class.",
    ),
    Term(
        "learning rate",
        "How large the steps of learning are.",
        "Step size of the optimiser.",
    ),
    Term(
        "logit",
        "A raw score before it becomes a percentage.",
        "Input of the softmax.",
    ),
    Term(
        "loss",
        "How wrong it is, counting how sure it was. Lower is better.",
        "Mean cross-entropy, −log p(true label), in nats.",
    ),
    Term(
        "memorising",
        "Knowing its own pictures by heart.",
        "Overfitting.",
    ),
    Term(
        "negative transfer",
        "Borrowing that makes it worse.",
        "Target performance below that without the source.",
    ),
    Term(
        "parameter",
        "One adjustable number in the network.",
        "A trainable weight or bias.",
    ),
    Term(
        "preprocessing",
        "Bringing a picture to the size and range the backbone expects.",
        "Resize, crop and normalisation of the pretraining.",
    ),
    Term(
        "recipe",
        "All settings of one training.",
        "Hyperparameters, with the seed.",
    ),
    Term(
        "run",
        "One training of one recipe.",
        "One experiment.",
    ),
    Term(
        "seed",
        "The number that chance starts from. Same seed, same result.",
        "Seed of the random generators.",
    ),
    Term(
        "shortcut",
        "A clue that works in your pictures and not in the world.",
        "Spurious correlation exploited by the model.",
    ),
    Term(
        "softmax",
        "Turns scores into percentages that add up to 100.",
        "exp(zᵢ) / Σⱼ exp(zⱼ).",
    ),
    Term(
        "split",
        "Which pictures are for learning, choosing and testing.",
        "Train / validation / test partition.",
    ),
    Term(
        "stage",
        "One step of a backbone, which you freeze or let learn.",
        "Blocks between two changes of resolution.",
    ),
    Term(
        "transfer learning",
        "Using what was learned on one problem for another.",
        "Source-to-target reuse of a representation.",
    ),
    Term(
        "weight averaging",
        "Keeping the middle of several epochs, which is less a matter of chance than one.",
        "Mean of the weights along the trajectory (Izmailov et al. 2018).",
    ),
    Term(
        "weight decay",
        "Keeps the numbers small, so that nothing is exaggerated.",
        "L2 shrinkage, decoupled from the gradient in AdamW.",
    ),
)
