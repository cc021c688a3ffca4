"""What the lessons say, each twice: in plain words, and in those of the field with sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """One lesson: `key` for the address bar, a question as `title`, and two explanations."""

    key: str
    title: str
    simple: str
    precise: str


CHAPTERS = (
    Chapter(
        "borrow",
        "Why borrow a network?",
        "A network that has looked at many thousands of photographs has learned to see: "
        "lines, textures, shapes. Your problem needs the same eyes. So we keep its eyes "
        "and teach it only your names for things. That takes a handful of pictures "
        "instead of thousands, and seconds instead of days. It is called **transfer "
        "learning**.",
        "**Transfer learning** reuses a representation learned on a source task with "
        "plenty of data for a target task with little. Early layers of a network turn out "
        "to be general, late ones specific to what it was trained on ([Yosinski et al. "
        "2014](https://arxiv.org/abs/1411.1792)). The advantage is largest with few "
        "labels and shrinks as they grow ([He et al. "
        "2019](https://arxiv.org/abs/1811.08883)).",
    ),
    Chapter(
        "freeze",
        "What is frozen, what learns?",
        "The borrowed part is the **backbone**. It works in **stages**: first edges, then "
        "textures, then parts, then whole objects. On top sits a new **head**, which "
        "gives your labels. A **frozen** stage stays exactly as it was borrowed. A "
        "learning stage may change. The more you freeze, the fewer numbers have to be "
        "found from your pictures.",
        "The **backbone** is the pretrained network without its classifier; the **head** "
        "is the new linear layer (or small perceptron) on its pooled features. Freezing "
        "excludes a stage from the gradient, and also keeps its BatchNorm statistics. All "
        "stages frozen is **feature extraction** (a linear probe); otherwise it is "
        "**fine-tuning**. Everything below the lowest learning stage gives the same "
        "output in every epoch, so Graft computes it once per picture.",
    ),
    Chapter(
        "fine_tune",
        "How gently should it relearn?",
        "Letting the borrowed stages learn too is called **fine-tuning**. It can fit your "
        "pictures better. But in large steps the network forgets what it knew, and that "
        "was why you borrowed it. So borrowed stages learn in much smaller steps than the "
        "new head.",
        "Fine-tuning at the head's learning rate overwrites pretrained features "
        "(**catastrophic forgetting**); a random head also sends noisy gradients down. "
        "Hence a warm-up of the head alone, then a backbone rate of a tenth or less "
        "([Howard and Ruder 2018](https://arxiv.org/abs/1801.06146); [Kumar et al. "
        "2022](https://arxiv.org/abs/2202.10054)).",
    ),
    Chapter(
        "splits",
        "Why keep pictures back?",
        "A pupil who has seen the exam questions gets full marks and may know nothing. So "
        "part of the pictures is kept back for the exam: the **test split**. Two photos "
        "of the same scene are the same question twice. They must stay on one side, or "
        "the score lies.",
        "**Train** fits the weights, **validation** chooses the epoch and the settings, "
        "**test** is scored once. Near-duplicates, bursts, or one patient in two splits "
        "are **leakage**: the score then measures memory. Graft splits by group ([Kapoor "
        "and Narayanan 2023](https://arxiv.org/abs/2207.07048) count the papers that did "
        "not).",
    ),
    Chapter(
        "overfit",
        "When does learning turn into memorising?",
        "A line that passes through every dot has learned the accidents too. On new dots "
        "it is wrong. That is **overfitting**: getting better on its own pictures, and "
        "worse on others. You see it when the two curves part.",
        "**Overfitting** is low training error with high generalisation error: capacity "
        "spent on noise. Read it off as validation loss rising while training loss falls. "
        "Remedies: more or more varied pictures, augmentation, weight decay, dropout, "
        "fewer learning stages, early stopping. Validation accuracy may still rise a "
        "little while the loss worsens: the network becomes too sure.",
    ),
    Chapter(
        "must_choose",
        "Why is it so sure about a banana?",
        "A classifier can only say the names it was taught. Show it something else and it "
        "still picks one, often with a high percentage. The percentage compares its "
        "labels with each other. It does not say whether the picture belongs to any of "
        "them.",
        "Softmax makes the outputs add up to one over a **closed set** of labels; far "
        "from the training data it is often confidently wrong ([Hein et al. "
        "2019](https://arxiv.org/abs/1812.05720)). A large probability is neither "
        "evidence of being in the distribution nor calibrated by itself ([Guo et al. "
        "2017](https://arxiv.org/abs/1706.04599)). A label “something else”, with varied "
        "pictures, helps.",
    ),
    Chapter(
        "shortcut",
        "What does it really look at?",
        "A network takes whatever helps, not what you meant. If every ill leaf lies on a "
        "blue table, it learns blue tables. The score looks fine, because the test "
        "pictures have the tables too. This is a **shortcut**.",
        "**Shortcut learning** ([Geirhos et al. 2020](https://arxiv.org/abs/2004.07780)): "
        "a cue that goes with the label in the collection and not in the world (rulers "
        "beside melanomas, hospital marks on radiographs). A test split from the same "
        "collection cannot show it. Only pictures in which the cue and the label come "
        "apart can.",
    ),
    Chapter(
        "bias",
        "What does a borrowed network bring along?",
        "A borrowed network also brings what it has *not* seen. If it never met something "
        "in its first life, your new classifier sees that badly, even when your own "
        "pictures are fair. This is **inherited bias**.",
        "**Inherited bias**: gaps and prejudices of the pretraining data live on in "
        "frozen features ([Salman et al. 2022](https://arxiv.org/abs/2207.02842)). "
        "Balanced target data do not remove it; fine-tuning may not either. So score each "
        "part of your world apart: by place, device, skin tone, season.",
    ),
    Chapter(
        "mismatch",
        "Why does it fail elsewhere?",
        "It learned from pictures taken one way. Turn them, darken them, use another "
        "camera, and it meets a world that it has not seen. This is **data mismatch**. "
        "Take pictures the way they will come later, or train with changed copies of "
        "them.",
        "**Domain shift**: training and use differ in distribution, and accuracy on a "
        "test split from the training distribution says nothing about it. "
        "**Augmentation** adds the variation that you expect; it does not help with what "
        "you did not think of. Best are test pictures from the place where it will be "
        "used.",
    ),
    Chapter(
        "negative",
        "Can borrowing hurt?",
        "Yes. If the borrowed network looked for things that do not matter to you, its "
        "eyes are wrong for your problem, and starting afresh is better. This is "
        "**negative transfer**. Nobody can know beforehand, so compare.",
        "**Negative transfer**: the source representation drops what the target needs, "
        "and frozen transfer falls below training from scratch ([Wang et al. "
        "2019](https://arxiv.org/abs/1811.09751)). Unfreezing more stages, a backbone "
        "trained on something closer, or no transfer at all are the ways out. Always keep "
        "the baseline beside the result.",
    ),
    Chapter(
        "glossary",
        "What do the words mean?",
        "",
        "",
    ),
)
