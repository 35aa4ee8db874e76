"""The commands that a label may use: mathematics of LaTeX with amsmath and amssymb, and mathtext's.

Commands that read files, run programs or change TeX itself are not among them, so that no label
does.
"""

from __future__ import annotations

__all__ = ["ACCENT_COMMANDS", "ARGUMENTS", "FOREIGN"]

ACCENT_COMMANDS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0306": "breve", "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check",
    "\u20d7": "vec",
}  # fmt: skip
"""Combining characters and the commands that set them."""

_OF_NONE = """
    AA AE BbbC BbbN BbbP BbbQ BbbR BbbZ Box Bumpeq Cap Colon Cup DH Delta Diamond Doteq
    Downarrow Equiv Finv Game Gamma H Im Join L Lambda Ldsh Leftarrow Leftrightarrow Lleftarrow
    Longleftarrow Longleftrightarrow Longrightarrow Lsh Nearrow Nwarrow O OE Omega P Phi Pi Pr
    Psi QED Rdsh Re Rightarrow Rrightarrow Rsh S Searrow Sigma Subset Supset Swarrow Theta Thorn
    Uparrow Updownarrow Upsilon Vdash Vert Vvdash Xi aa ac acwopencirclearrow adots ae aleph
    alpha amalg angle approx approxeq approxident arccos arceq arcsin arctan arg argmax argmin
    ast asterisk asymp backcong backepsilon backprime backsim backsimeq backslash bagmember
    barleftarrow barvee barwedge because beta beth between bigcap bigcirc bigcup bigodot
    bigoplus bigotimes bigsqcup bigstar bigtriangledown bigtriangleup biguplus bigvee bigwedge
    blacksquare blacktriangle blacktriangledown blacktriangleleft blacktriangleright bmod bot
    bowtie boxbar boxdot boxminus boxplus boxtimes bullet bumpeq c candra cap carriagereturn
    cdot cdotp cdots cent checkmark chi circ circeq circlearrowleft circlearrowright circledR
    circledS circledast circledcirc circleddash circumflexaccent clubsuit clubsuitopen colon
    coloneq coloneqq combiningacuteaccent combiningbreve combiningdiaeresis combiningdotabove
    combiningfourdotsabove combininggraveaccent combiningoverline combiningrightarrowabove
    combiningthreedotsabove combiningtilde complement cong coprod copyright cos cosh cot coth
    csc cup cupdot cupleftarrow curlyeqprec curlyeqsucc curlyvee curlywedge curvearrowleft
    curvearrowright cwopencirclearrow d dag dagger daleth danger dashleftarrow dashrightarrow
    dashv ddag ddagger ddots deg degree delta det dh diamond diamondsuit digamma dim disin
    displaystyle div divideontimes doteq doteqdot dotminus dotplus dots dotsb dotsc dotsi dotsm
    dotsminusdots doublebarwedge downarrow downdownarrows downharpoonleft downharpoonright
    downzigzagarrow ell emdash emptyset endash enspace epsilon eqcirc eqcolon eqdef eqgtr eqless
    eqsim eqslantgtr eqslantless equal equalparallel equiv eta eth exists exp fallingdotseq flat
    forall frakC frakZ frown gamma gcd ge geq geqq geqslant gets gg ggg gimel gnapprox gneqq
    gnsim greater gtrapprox gtrdot gtreqless gtreqqless gtrless gtrsim guillemotleft
    guillemotright guilsinglleft guilsinglright hbar heartsuit hermitmatrix hom hookleftarrow
    hookrightarrow hslash i idotsint iff iiiint iiint iint imageof imath implies in increment
    inf infty int intercal invnot iota isinE isindot isinobar isins isinvb jmath k kappa ker
    kernelcontraction l lVert lambda lambdabar lamda land langle lasp lbrace lbrack lceil ldots
    le leadsto leftarrow leftarrowtail leftbrace leftharpoonaccent leftharpoondown leftharpoonup
    leftleftarrows leftparen leftrightarrow leftrightarrows leftrightharpoons
    leftrightsquigarrow leftsquigarrow leftthreetimes leq leqq leqslant less lessapprox lessdot
    lesseqgtr lesseqqgtr lessgtr lesssim lfloor lg lgroup lhd lim liminf limits limsup ll
    llcorner lll ln lnapprox lneqq lnot lnsim log longleftarrow longleftrightarrow longmapsto
    longrightarrow looparrowleft looparrowright lor lozenge lq lrcorner ltimes lvert macron
    maltese mapsdown mapsfrom mapsto mapsup mathstrut max measeq measuredangle
    measuredrightangle medspace merge mho mid min minus minuscolon mod models mp mu multimap
    nLeftarrow nLeftrightarrow nRightarrow nVDash nVdash nabla napprox natural ncong ne nearrow
    neg negthinspace neq nequiv nexists ngeq ngtr ngtrless ngtrsim ni niobar nis nisd nleftarrow
    nleftrightarrow nleq nless nlessgtr nlesssim nmid nolimits not notin notsmallowns nparallel
    nprec npreccurlyeq nrightarrow nsim nsimeq nsqsubseteq nsqsupseteq nsubset nsubseteq nsucc
    nsucccurlyeq nsupset nsupseteq ntriangleleft ntrianglelefteq ntriangleright ntrianglerighteq
    nu nvDash nvdash nwarrow o obar ocirc odot oe oequal oiiint oiint oint omega omicron ominus
    operatornamewithlimits oplus origof oslash otimes overarc parallel partial perp perthousand
    phi pi pitchfork plus pm prec precapprox preccurlyeq preceq precnapprox precnsim precsim
    prime prod propto prurel psi qquad quad questeq rVert rangle rasp ratio rbrace rbrack rceil
    rfloor rgroup rhd rho rightModels rightangle rightarrow rightarrowbar rightarrowtail
    rightassert rightbrace rightharpoonaccent rightharpoondown rightharpoonup rightleftarrows
    rightleftharpoons rightparen rightrightarrows rightsquigarrow rightthreetimes
    rightzigzagarrow ring risingdotseq rq rtimes rvert scrB scrE scrF scrH scrI scrL scrM scrR
    scre scrg scriptscriptstyle scriptstyle scro scurel searrow sec setminus sharp sigma sim
    simeq simneqq sin sinewave sinh slash smallin smallintclockwise smallointctrcclockwise
    smallowns smallsetminus smallvarointclockwise smile solbar space spadesuit spadesuitopen
    sphericalangle sqcap sqcup sqsubset sqsubseteq sqsubsetneq sqsupset sqsupseteq sqsupsetneq
    square ss star stareq sterling subset subseteq subseteqq subsetneq subsetneqq succ
    succapprox succcurlyeq succeq succnapprox succnsim succsim sum sup supset supseteq supseteqq
    supsetneq supsetneqq surd swarrow t tan tanh tau textasciiacute textasciicircum
    textasciigrave textasciitilde textexclamdown textquestiondown textquotedblleft
    textquotedblright textstyle therefore theta thickspace thinspace thorn times to top
    transpose triangle triangledown triangleeq triangleleft trianglelefteq triangleq
    triangleright trianglerighteq turnednot twoheaddownarrow twoheadleftarrow twoheadrightarrow
    twoheaduparrow ulcorner underbar unlhd unrhd uparrow updownarrow updownarrowbar updownarrows
    upharpoonleft upharpoonright uplus upsilon upuparrows urcorner vDash varepsilon varisinobar
    varisins varkappa varlrtriangle varniobar varnis varnothing varphi varpi varpropto varrho
    varsigma vartheta vartriangle vartriangleleft vartriangleright vdash vdots vee veebar veeeq
    vert wedge wedgeq widebar wp wr xi yen zeta
"""

_OF_ONE = """
    Big Bigg Biggl Biggr Bigl Bigm Bigr acute bar big bigg biggl biggr bigl bigm bigr bm
    boldsymbol boxed breve check ddddot dddot ddot dot emph grave hat hbox hphantom hspace left
    mathbb mathbf mathbfit mathbin mathcal mathcircled mathclose mathdefault mathfrak mathinner
    mathit mathnormal mathop mathopen mathord mathpunct mathregular mathrel mathring mathrm
    mathscr mathsf mathtt mbox middle operatorname overbrace overleftarrow
    overleftrightarrow overline overrightarrow phantom pmb pmod right smash sqrt substack text
    textbf textit textnormal textrm textsf textsl texttt textup tilde underbrace underleftarrow
    underline underrightarrow vec vphantom widehat widetilde xleftarrow xrightarrow
"""

_OF_TWO = """
    binom cfrac dbinom dfrac frac overset stackrel tbinom tfrac underset
"""

ARGUMENTS = {
    name: count
    for count, names in enumerate((_OF_NONE, _OF_ONE, _OF_TWO))
    for name in names.split()
}
"""The commands by name, and how many arguments each takes."""

_FOREIGN_NAMES = """
    AA AE BbbC BbbN BbbP BbbQ BbbR BbbZ Colon DH Equiv H L Ldsh Nearrow Nwarrow O OE QED Rdsh
    Searrow Swarrow Thorn aa ac acwopencirclearrow adots ae approxident arceq asterisk backcong
    bagmember barleftarrow barvee bb bf bfit boxbar c cal candra carriagereturn cent check
    circumflexaccent clubsuitopen coloneq combiningacuteaccent combiningbreve combiningdiaeresis
    combiningdotabove combiningfourdotsabove combininggraveaccent combiningoverline
    combiningrightarrowabove combiningthreedotsabove combiningtilde cupdot cupleftarrow
    cwopencirclearrow d danger default degree dh disin dotminus dotsminusdots downzigzagarrow
    emdash endash eqcolon eqdef eqgtr eqless equal equalparallel frak frakC frakZ greater
    guillemotleft guillemotright guilsinglleft guilsinglright hermitmatrix hspace i imageof
    increment invnot isinE isindot isinobar isins isinvb it k kernelcontraction l lambdabar lasp
    leftbrace leftharpoonaccent leftparen leftsquigarrow less macron mapsdown mapsfrom mapsup
    mathbfit mathcircled mathdefault mathregular measeq measuredrightangle merge minus
    minuscolon napprox nequiv ngtrless ngtrsim niobar nis nisd nlessgtr nlesssim normal
    notsmallowns npreccurlyeq nsimeq nsqsubseteq nsqsupseteq nsubset nsucccurlyeq nsupset o obar
    ocirc oe oequal oiiint oiint origof overarc overleftrightarrow perthousand plus prurel
    questeq rasp ratio regular rightModels rightangle rightarrowbar rightassert rightbrace
    rightharpoonaccent rightparen rightzigzagarrow ring rm scr scrB scrE scrF scrH scrI scrL
    scrM scrR scre scrg scro scurel sf simneqq sinewave smallin smallintclockwise
    smallointctrcclockwise smallowns smallvarointclockwise solbar spadesuitopen sqsubsetneq
    sqsupsetneq ss stareq sterling t textasciiacute textasciicircum textasciigrave
    textasciitilde textexclamdown textquestiondown textquotedblleft textquotedblright thorn
    triangleeq tt turnednot twoheaddownarrow twoheaduparrow underbar updownarrowbar updownarrows
    varisinobar varisins varlrtriangle varniobar varnis veeeq wedgeq widebar
"""
FOREIGN = frozenset(_FOREIGN_NAMES.split())
"""Commands of matplotlib's mathtext that LaTeX with amsmath and amssymb lacks."""
