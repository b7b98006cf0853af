"""Words for moods in English and five Indian languages, in native script and romanised."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from vocabulary.name_folding import FIRST_INDIC, WORD_MARKS

MOOD_PHRASES: Mapping[str, str] = {
    "love": (
        "romance, romantic, shringara, lovey dovey, date night, in love, falling in love, tender, "
        "passion, passionate, crush, shringar, sringaram, srungaram, pyar, prem, prema, premam, "
        "ishq, mohabbat, kadhal, preethi, pranayam, प्यार, प्रेम, इश्क़, मोहब्बत, रोमांस, रोमांटिक, "
        "रूमानी, श्रृंगार, ప్రేమ, రొమాన్స్, రొమాంటిక్, ரொமான்ஸ், ரொமான்டிக், சிருங்காரம், ಪ್ರೀತಿ, "
        "ಪ್ರೇಮ, ಪ್ರಣಯ, ರೊಮ್ಯಾಂಟಿಕ್, പ്രണയം, പ്രേമം, റൊമാന്റിക്"
    ),
    "laughter": (
        "laugh, laughing, funny, comedy, comic, hilarious, humour, humor, humorous, light, "
        "light hearted, lighthearted, breezy, fun, silly, cheerful, cheer up, happy, joy, joyful, "
        "feel good, feelgood, uplifting, heartwarming, heart warming, timepass, time pass, hasyam, "
        "hansi, mazedar, majedar, halka phulka, halki phulki, halka fulka, halki fulki, khush, "
        "khushi, navvu, navvulu, navvinche, sarada, saradaga, santosham, santosha, sirippu, "
        "nagaichuvai, jolly, magizhchi, nagu, tamashe, chiri, thamasha, हँसी, हंसी, हँसाने वाली, "
        "हंसाने वाली, मज़ेदार, मजेदार, हल्का फुल्का, हल्की फुल्की, कॉमेडी, ख़ुश, खुश, ख़ुशी, खुशी, "
        "फील गुड, నవ్వు, నవ్వులు, నవ్వించే, కామెడీ, సరదా, సరదాగా, సంతోషం, సంతోషంగా, ఫీల్ గుడ్, "
        "சிரிப்பு, காமெடி, ஜாலி, ஜாலியான, மகிழ்ச்சி, மகிழ்ச்சியான, வேடிக்கை, ஹாஸ்யம், ஃபீல் குட், "
        "ನಗು, ನಗಿಸುವ, ತಮಾಷೆ, ಸಂತೋಷ, ಕಾಮಿಡಿ, ಫೀಲ್ ಗುಡ್, ചിരി, തമാശ, സന്തോഷം, കോമഡി, ഫീൽ ഗുഡ്"
    ),
    "sorrow": (
        "sad, sadness, grief, cry, crying, tears, tearjerker, tear jerker, heartbreak, "
        "heartbreaking, heart breaking, heartbroken, tragic, tragedy, melancholy, emotional, "
        "moving, touching, lonely, down, low, blue, depressed, depressing, compassion, karunam, "
        "karunya, dukh, dukhi, udas, rona, gham, dard, bhavuk, vishadam, badha, badhaga, edupu, "
        "manasu baledu, manasu bagoledu, manasu sari illai, sogam, azhugai, varutham, dukha, "
        "besara, novu, sankadam, dukham, karachil, दुख, दुखी, दुखद, उदास, उदासी, रोना, ग़म, गम, "
        "दर्द, दर्द भरी, भावुक, करुणा, विषाद, విషాదం, బాధ, బాధగా, దుఃఖం, ఏడుపు, ఏడిపించే, "
        "మనసు బాలేదు, మనసు బాగోలేదు, భావోద్వేగం, ఎమోషనల్, அழுகை, துக்கம், கண்ணீர், வருத்தம், கருணை, "
        "மனசு சரியில்லை, சோகமான, எமோஷனல், ದುಃಖ, ಅಳು, ಕರುಣೆ, ಬೇಸರ, ನೋವು, ಭಾವುಕ, സങ്കടം, ദുഃഖം, കരച്ചിൽ, "
        "വിഷാദം, ഇമോഷണൽ, മനസ്സ് ശരിയല്ല"
    ),
    "anger": (
        "angry, furious, fury, rage, wrath, revenge, vengeance, vengeful, mad, raudram, roudra, "
        "roudram, gussa, krodh, badla, kopam, kopa, kobam, kovam, paga, kasi, pratikaram, pagai, "
        "sittu, sedu, deshyam, paka, ग़ुस्सा, गुस्सा, क्रोध, बदला, प्रतिशोध, కోపం, ఆగ్రహం, పగ, కసి, "
        "ప్రతీకారం, சினம், வெகுளி, பகை, பழிவாங்கும், பழிவாங்கல், ரௌத்திரம், ಕೋಪ, ಸಿಟ್ಟು, ಸೇಡು, "
        "ದೇഷ್ಯം, കോപം, ദേഷ്യം, പക, പ്രതികാരം"
    ),
    "courage": (
        "brave, bravery, hero, heroic, heroism, valour, valor, inspiring, inspired, inspirational, "
        "inspiration, motivating, motivational, motivation, triumph, triumphant, patriotic, epic, "
        "determined, determination, strong, mass, massy, goosebumps, veeram, veer, veerta, himmat, "
        "josh, prerna, bahaduri, dhairyam, dhairya, dhairiyam, sahasam, sahasa, spoorthi, thunivu, "
        "perumitham, shaurya, dheeratha, prachodanam, वीरता, साहस, बहादुरी, हिम्मत, जोश, प्रेरणा, "
        "प्रेरणादायक, देशभक्ति, ధైర్యం, సాహసం, స్ఫూర్తి, స్ఫూర్తిదాయకం, వీరత్వం, దేశభక్తి, మాస్, "
        "துணிவு, தைரியம், பெருமிதம், ஊக்கம், உத்வேகம், மாஸ், ಧೈರ್ಯ, ಸಾಹಸ, ಶೌರ್ಯ, ಸ್ಫೂರ್ತಿ, ಮಾಸ್, "
        "ധൈര്യം, ധീരത, പ്രചോദനം, സാഹസം, മാസ്സ്, മാസ്"
    ),
    "fear": (
        "afraid, scary, scared, frightening, frightened, terror, terrifying, horror, creepy, "
        "spooky, spine chilling, chilling, haunted, ghost, ghosts, suspense, suspenseful, tense, "
        "thrilling, thriller, nail biting, edge of the seat, bhayanakam, bhayanak, bhaya, bhayam, "
        "bayam, dar, darawni, darawna, khauf, khaufnak, dayyam, deyyam, thigil, pei, hedarike, "
        "pedi, डर, डरावनी, डरावना, भय, ख़ौफ़, खौफ, ख़ौफ़नाक, खौफनाक, भूतिया, భయం, భయపెట్టే, దెయ్యం, "
        "హారర్, ఉత్కంఠ, பயம், பயங்கரம், பயமுறுத்தும், திகில், பேய், ಭಯ, ಹೆದರಿಕೆ, ಹೆದರಿಸುವ, ದೆವ್ವ, "
        "ಹಾರರ್, ഭയം, പേടി, പേടിപ്പിക്കുന്ന, പ്രേതം, ഹൊറർ"
    ),
    "disgust": (
        "disgusting, gross, dark, gritty, grim, gory, gore, bloody, blood, brutal, violent, "
        "disturbing, disturbed, raw, bleak, twisted, grotesque, macabre, sick, bibhatsam, "
        "vibhatsa, ghrina, ghin, asahyam, asahya, jugupsa, aruvaruppu, arappu, veruppu, घृणा, घिन, "
        "बीभत्स, जुगुप्सा, ख़ून ख़राबा, खून खराबा, हिंसक, डार्क, జుగుప్స, అసహ్యం, రక్తపాతం, "
        "హింసాత్మకం, డార్క్, இளிவரல், வன்முறை, பீபத்சம், டார்க், ಅಸಹ್ಯ, ಜಿಗುಪ್ಸೆ, ಹಿಂಸಾತ್ಮಕ, "
        "അറപ്പ്, വെറുപ്പ്, ജുഗുപ്സ, ഡാർക്ക്"
    ),
    "wonder": (
        "wondrous, wonderful, magic, magical, amazing, amazed, awe, marvel, marvellous, marvelous, "
        "enchanting, fantastical, fantasy, imaginative, mind bending, mindbending, mind blowing, "
        "mindblowing, surprise, surprising, curious, spectacle, spectacular, dreamy, "
        "out of this world, adbhutam, adbhut, athbhutham, albhutham, arputham, ascharya, "
        "ascharyam, acharyam, viyappu, jadu, jadui, beragu, vismaya, vismayam, आश्चर्य, जादू, "
        "जादुई, हैरत, चमत्कार, ఆశ్చర్యం, మాయ, ఆశ్చర్యం, அற்புதம், ஆச்சரியம், மருட்கை, மாயாஜாலம், "
        "ಆಶ್ಚರ್ಯ, ಬೆರಗು, ವಿಸ್ಮಯ, ജാലവിദ്യ, അദ്ഭുതം, ആശ്ചര്യം, വിസ്മയം"
    ),
    "peace": (
        "peaceful, calm, calming, quiet, serene, serenity, gentle, soothing, relax, relaxing, "
        "relaxed, chill, cosy, cozy, slow, slow burn, slow paced, contemplative, meditative, "
        "thoughtful, spiritual, stressed, tired, shantam, shant, shanti, santham, sukun, sukoon, "
        "chain, prashanta, prashantam, prashantata, nemmadi, nemmadiga, hayi, hayiga, amaidhi, "
        "nimmadhi, samadhanam, शांति, शान्त, सुकून, चैन, ప్రశాంతం, ప్రశాంతత, ప్రశాంతంగా, శాంతి, "
        "నెమ్మది, హాయి, హాయిగా, சாந்தம், நிம்மதி, இதமான, அமைதியான, ಶಾಂತಿ, ನೆಮ್ಮದಿ, ಪ್ರಶಾಂತ, "
        "ശാന്തി, ശാന്തത, സമാധാനം"
    ),
}
"""Words and phrases for each mood beside its names; romanised in any usual spelling."""

FILLER_WORDS = (
    "a an the i im am me my some something anything very really so too bit little feel feeling "
    "feels felt like want wanna need to in for of with watch see make makes made give mood rasa "
    "rasam ras movie movies film films cinema cinemalu series show shows story stories today "
    "tonight now and please padam padangal chitram chitra kuch koi mujhe wali wala ho raha hai "
    "undi ga feelings vibe vibes enakku naaku nanage enikku फिल्म फ़िल्म फिल्में मूड रस कुछ मुझे "
    "वाली वाला सिनेमा సినిమా సినిమాలు రసం రస మూడ్ చిత్రం ఉంది படம் படங்கள் மூட் ரசம் ಚಿತ್ರ ಸಿನಿಮಾ "
    "ರಸ ಮೂಡ್ സിനിമ രസം മൂഡ് ചിത്രം నాకు ఏదైనా எனக்கு ஏதாவது ನನಗೆ ಏನಾದರೂ എനിക്ക് എന്തെങ്കിലും कोई"
)
"""Words that are ignored around a phrase."""

MAX_MOOD_CHARACTERS = 100  # longer texts describe a film, not a mood

SPELLING_VARIANTS = (("aa", "a"), ("ee", "i"), ("oo", "u"), ("zh", "l"), ("w", "v"), ("z", "j"))
ASPIRATED_CONSONANT = re.compile(r"([bcdgkpst])h")
DOUBLED_LETTER = re.compile(r"([a-z])\1")


def candidate_phrases(text: str) -> Iterator[str]:
    """Yield the normalised text, then shorter and shorter parts of it without filler words.

    >>> list(candidate_phrases("feel-good film"))
    ['fil gud film', 'fil gud', 'gud film', 'gud']
    """
    words = normalise(text[:MAX_MOOD_CHARACTERS]).split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            before, after = words[:start], words[start + length :]
            if NORMALISED_FILLER_WORDS.issuperset((*before, *after)):
                yield " ".join(words[start : start + length])


def normalise(text: str) -> str:
    """Return a text in lower case without accents and punctuation, spelling variants unified."""
    decomposed = unicodedata.normalize("NFKD", text).casefold().replace("'", "")
    plain = "".join(
        character if character.isalnum() or unicodedata.category(character) in WORD_MARKS else " "
        for character in decomposed
        if unicodedata.combining(character) == 0 or character >= FIRST_INDIC
    )
    for variant, normalised in SPELLING_VARIANTS:
        plain = plain.replace(variant, normalised)
    return DOUBLED_LETTER.sub(r"\1", ASPIRATED_CONSONANT.sub(r"\1", " ".join(plain.split())))


NORMALISED_FILLER_WORDS = frozenset(normalise(FILLER_WORDS).split())
