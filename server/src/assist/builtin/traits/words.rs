//! The words for every trait, in the languages people write prompts in.

use super::Trait::{
    self, Anatomy, Animal, Anime, Architecture, Camera, Cartoon, City, Close, Concept, Day, DeepFocus,
    Design, Drawing, Fantasy, Flat, Food, Gloom, Indoors, Landscape, Lettering, Light, LowSun, Macro,
    Minimal, Mono, Mood, Night, Oil, People, Photo, Pixel, Portrait, Product, Quality, Realistic, Render,
    SciFi, SoftFocus, Stairs, Style, Thing, Vehicle, Watercolor, Weather,
};

pub const ROWS: &[(&str, Trait)] = &[
    (
        "person, people, man, men, woman, women, girl, boy, child, children, kid, baby, toddler, \
         teenager, lady, guy, couple, family, crowd, bride, groom, fisherman, farmer, chef, dancer, \
         ballerina, soldier, warrior, samurai, ninja, monk, nun, priest, king, queen, princess, prince, \
         knight, wizard, witch, sorceress, elf, pirate, nurse, doctor, scientist, engineer, astronaut, \
         cosmonaut, cowboy, detective, musician, guitarist, pianist, singer, artist, painter, hiker, \
         climber, surfer, skater, runner, cyclist, athlete, boxer, worker, blacksmith, carpenter, \
         barista, student, teacher, grandmother, grandfather, grandma, grandpa, mother, father, mom, \
         dad, daughter, son, brother, sister, friend, twins, model, heroine, hero, superhero, \
         gunslinger, geisha, maid, idol, tourist, sailor, pilot, actor, actress, businessman, \
         businesswoman, gentleman, character, 1girl, 2girls, 1boy, 2boys, human, figure",
        People,
    ),
    (
        "女孩, 女人, 女子, 女性, 美女, 少女, 女生, 男孩, 男人, 男子, 男性, 少年, 老人, 老爷爷, 老奶奶, \
         爷爷, 奶奶, 孩子, 小孩, 儿童, 婴儿, 情侣, 武士, 侍, 骑士, 公主, 王子, 宇航员, 宇宙飛行士, 舞者, \
         渔夫, 漁師, 子供, 女の子, 男の子, 老婆, おばあさん, おじいさん, 人物, 人々, 行人, 路人, 一个人, \
         新娘, 模特, 巫女, 忍者, 魔女",
        People,
    ),
    (
        "mann, frau, mädchen, junge, kinder, leute, mensch, menschen, fischer, ritter, homme, femme, \
         fille, garçon, enfant, personnes, pêcheur, hombre, mujer, niña, niño, chica, chico, gente, \
         persona, anciano, pescador",
        People,
    ),
    (
        "face, hand, finger, eye, hair, skin, smile, beard, freckles, body, legs, feet, lips, 脸, 手, \
         眼睛, 头发, 長髪, 髪, 瞳, 顔, gesicht, hände, augen, visage, yeux, cara, manos, ojos",
        Anatomy,
    ),
    (
        "animal, wolf, cat, kitten, dog, puppy, puppies, fox, wolves, bear, polar bear, lion, lioness, \
         tiger, leopard, cheetah, elephant, giraffe, zebra, horse, pony, ponies, foal, cow, calf, sheep, \
         lamb, goat, pig, deer, fawn, stag, moose, rabbit, bunny, bunnies, hare, squirrel, hedgehog, \
         mouse, mice, hamster, bird, owl, eagle, hawk, falcon, raven, crow, parrot, penguin, \
         hummingbird, kingfisher, duck, swan, goose, heron, rooster, chicken, fish, koi, shark, whale, \
         dolphin, octopus, jellyfish, turtle, tortoise, frog, snake, lizard, chameleon, gecko, \
         crocodile, dinosaur, butterfly, butterflies, bee, bumblebee, dragonfly, beetle, spider, ant, \
         snail, panda, red panda, koala, kangaroo, sloth, monkey, gorilla, chimpanzee, otter, seal, \
         raccoon, badger, corgi, husky, labrador, golden retriever, poodle, shiba, tabby",
        Animal,
    ),
    (
        "猫, 猫咪, 橘猫, 小猫, 狗, 小狗, 犬, 子猫, 子犬, 柴犬, 狐狸, 狐, 狼, 熊, 熊猫, 老虎, 虎, 狮子, \
         鸟, 鳥, 鹿, 马, 馬, 兔子, 兔, うさぎ, 鱼, 魚, 蝴蝶, 蝶, 鲸, 鯨, 猫头鹰, katze, hund, fuchs, \
         vogel, pferd, bär, eule, chien, renard, cheval, oiseau, loup, gato, perro, zorro, caballo, \
         pájaro, lobo, búho",
        Animal,
    ),
    (
        "food, dish, meal, breakfast, burger, hamburger, pizza, pasta, ramen, noodles, sushi, steak, \
         salad, soup, bread, croissant, cake, cheesecake, cupcake, pancake, waffle, cookie, pie, tart, \
         dessert, ice cream, chocolate, donut, fruit, strawberries, berries, coffee, latte, cappuccino, \
         espresso, cocktail, smoothie, taco, dumpling, curry, cheese, sandwich, food photography, 食物, \
         美食, 拉面, ラーメン, 寿司, 蛋糕, ケーキ, 料理, 面包, 咖啡, 火锅, 饺子, essen, kuchen, gâteau, \
         comida, tarta",
        Food,
    ),
    (
        "bottle, perfume, watch, wristwatch, sneaker, shoe, boot, bag, handbag, backpack, headphones, \
         earbuds, phone, smartphone, laptop, camera body, lamp, chair, armchair, sofa, vase, mug, cup, \
         teapot, candle, ring, necklace, jewelry, sunglasses, cosmetics, lipstick, cream jar, skincare, \
         soap, packaging, box, book, guitar, violin, piano, clock, key, sword, toy, figurine, keyboard, \
         speaker, knife, bowl, flower, rose, tulip, orchid, sunflower, bonsai, succulent, mushroom, \
         香水, 手表, 腕時計, 耳机, 杯子, 花瓶, 瓶子, 花",
        Thing,
    ),
    (
        "car, sports car, truck, motorcycle, motorbike, scooter, bicycle, bike, bus, van, train, \
         locomotive, tram, boat, ship, sailboat, yacht, airplane, plane, helicopter, tank, tractor, hot \
         air balloon, 汽车, 跑车, 車, 電車, 火车, 船, auto, voiture, coche",
        Vehicle,
    ),
    (
        "portrait, headshot, head shot, selfie, close up portrait, profile picture, beauty shot, \
         passport photo, bust, 肖像, 肖像画, 人像, 证件照, ポートレート, 自撮り, porträt, retrato, \
         portrait photo",
        Portrait,
    ),
    (
        "product shot, product photo, product photography, packshot, hero image, hero shot, product \
         render, advertising, e commerce, commercial photography, catalog, catalogue, product, 产品, \
         产品图, 商品, 商品写真, 产品摄影, produktfoto, produktbild, photo de produit, foto de producto",
        Product,
    ),
    (
        "macro, macro shot, macro photo, macro photography, extreme close up, microscopic, 微距, マクロ, \
         makro",
        Macro,
    ),
    (
        "landscape, mountain, hill, valley, valleys, lake, river, waterfall, ocean, sea, beach, coast, \
         coastline, cliff, fjord, desert, dune, forest, woods, jungle, rainforest, meadow, field, \
         canyon, glacier, island, volcano, horizon, sky, skies, countryside, prairie, savanna, swamp, \
         vineyard, garden, park, seascape, nature, aurora, clouds, northern lights, galaxy, 风景, 山水, \
         山, 雪山, 湖, 湖泊, 海, 大海, 海边, 海辺, 森林, 森, 草原, 沙漠, 瀑布, 河, 風景, 滝, landschaft, \
         berg, berge, meer, wald, wasserfall, paysage, montagne, lac, mer, forêt, paisaje, montaña, \
         lago, mar, bosque, playa",
        Landscape,
    ),
    (
        "city, cities, street, alley, downtown, skyline, cityscape, metropolis, town, village, market, \
         times square, crosswalk, rooftop, harbor, harbour, subway, tokyo, shibuya, new york, manhattan, \
         paris, london, hong kong, venice, 城市, 街道, 街头, 街, 夜市, 东京, 東京, 上海, 香港, 都市, \
         路地, 港, stadt, straße, gasse, hafen, ville, rue, ciudad, calle, puerto",
        City,
    ),
    (
        "architecture, building, skyscraper, house, villa, cabin, cottage, castle, palace, temple, \
         shrine, church, cathedral, mosque, tower, bridge, lighthouse, museum, facade, ruins, pavilion, \
         stadium, barn, pagoda, 建筑, 建築, 城堡, 城, 寺庙, 寺, 神社, 塔, 桥, 橋, gebäude, haus, \
         schloss, kirche, turm, leuchtturm, maison, château, phare, casa, castillo, iglesia, faro",
        Architecture,
    ),
    (
        "interior, indoors, indoor, living room, reading nook, nook, bedroom, kitchen, bathroom, office, \
         library, cafe, café, restaurant, bar, room, hallway, workshop, studio apartment, classroom, \
         interior design, greenhouse, 室内, 客厅, 卧室, 厨房, 房间, 部屋, 咖啡馆, 喫茶店, カフェ, \
         图书馆, 図書館, wohnzimmer, küche, zimmer, salon, cuisine, cocina, sala",
        Indoors,
    ),
    (
        "sci fi, science fiction, cyberpunk, spaceship, spacecraft, starship, space station, robot, \
         android, cyborg, mecha, futuristic, alien, mars, outer space, in space, deep space, planet, \
         steampunk, dystopian, hologram, 科幻, 赛博朋克, 机器人, 机甲, 飞船, 未来, サイバーパンク, \
         ロボット, 宇宙, roboter, raumschiff, vaisseau spatial, nave espacial",
        SciFi,
    ),
    (
        "fantasy, dragon, unicorn, phoenix, fairy, fairies, magical, mythical, goblin, orc, demon, \
         angel, enchanted, griffin, mermaid, spell, dungeon, floating island, 奇幻, 龙, 龍, 竜, 魔法, \
         仙女, 妖精, 精灵, ドラゴン, ファンタジー, drache, fée, hada, dragón",
        Fantasy,
    ),
    (
        "photo, photograph, photography, photographed, raw photo, snapshot, polaroid, film still, movie \
         still, dslr, 照片, 摄影, 写真, 实拍, fotografie, foto, fotografía, photographie",
        Photo,
    ),
    (
        "photorealistic, photo realistic, photorealism, photoreal, realistic, realism, lifelike, \
         documentary, 真实感, 写实, リアル, fotorealistisch, fotorrealista, photoréaliste",
        Realistic,
    ),
    (
        "anime, manga, ghibli, studio ghibli, makoto shinkai, cel shading, cel shaded, light novel, \
         visual novel, chibi, waifu, 动漫, 动画, 二次元, 漫画, 吉卜力, アニメ, アニメ風, イラスト, \
         ジブリ, セル画, 1girl, 1boy",
        Anime,
    ),
    (
        "cartoon, comic, comic book, caricature, disney, pixar, children's book, storybook, graphic \
         novel, simpsons, 卡通, 绘本, 絵本, 漫画风, zeichentrick, dessin animé, bande dessinée, dibujos \
         animados",
        Cartoon,
    ),
    (
        "watercolor, watercolour, watercolor painting, gouache, aquarelle, ink wash, sumi e, 水彩, \
         水彩画, 水墨, 水墨画, 国画, aquarell, acuarela, wash painting",
        Watercolor,
    ),
    (
        "oil painting, oil on canvas, acrylic painting, acrylic, impasto, impressionist, impressionism, \
         expressionist, a painting, painting of, painting style, painted by, painted in oil, renaissance \
         painting, baroque painting, fantasy painting, classical painting, hand painted, fresco, van \
         gogh, monet, rembrandt, vermeer, 油画, 油絵, 印象派, ölgemälde, gemälde, peinture, peinture à \
         l'huile, pintura, óleo",
        Oil,
    ),
    (
        "a drawing, drawing of, drawing style, drawn by, sketch, sketched, in pencil, pencil drawing, \
         pencil sketch, colored pencil, charcoal, charcoal drawing, ink drawing, pen and ink, in ink, \
         ink illustration, line drawing, line art, lineart, engraving, etching, woodcut, linocut, \
         doodle, crayon drawing, chalk drawing, coloring page, 素描, 铅笔画, 线稿, 速写, 鉛筆画, \
         スケッチ, 線画, zeichnung, bleistift, bleistiftzeichnung, dessin, croquis, dibujo, boceto, \
         blueprint",
        Drawing,
    ),
    (
        "logo, logotype, icon, app icon, vector, vector art, flat design, flat illustration, sticker, \
         emblem, badge, pictogram, silhouette logo, emoji, mascot logo, t shirt design, 标志, 图标, \
         商标, 矢量, 贴纸, ロゴ, アイコン, ベクター, ステッカー, wappen",
        Flat,
    ),
    (
        "poster, movie poster, flyer, web banner, banner design, website header, book cover, album \
         cover, magazine cover, brochure, business card, invitation, greeting card, infographic, landing \
         page design, website design, web design, ui design, typography poster, 海报, 封面, 横幅, \
         ポスター, 表紙, バナー, plakat, affiche, cartel",
        Design,
    ),
    (
        "3d, 3d render, 3d rendering, render, cgi, blender, octane, octane render, unreal engine, \
         isometric, claymation, low poly, voxel, c4d, cinema 4d, papercraft, 三维, 立体渲染, 3d渲染, \
         黏土",
        Render,
    ),
    (
        "pixel art, pixelated, 8 bit, 16 bit, sprite sheet, pixel style, 像素, 像素画, ドット絵, pixelkunst",
        Pixel,
    ),
    (
        "illustration, painterly, digital painting, digital art, digital illustration, concept art, \
         matte painting, artwork, art, key visual, splash art, 插画, 插图, 概念图, 原画, illustriert",
        Concept,
    ),
    (
        "style, aesthetic, candid, epic scale, minimalist, minimal, minimalistic, vintage, retro, art \
         deco, art nouveau, bauhaus, surreal, surrealism, pop art, ukiyo e, cubism, gothic, vaporwave, \
         synthwave, cottagecore, brutalist, editorial, cinematic, film noir, noir, elegant, modern, \
         rustic, futurism, kawaii, grunge, psychedelic, abstract, collage, hand drawn, hand painted, \
         brushwork, brushstrokes, color palette, palette, color, colour, tones, pastel, pastel colors, \
         muted colors, vibrant colors, vivid colors, muted tones, earth tones, bold colors, color \
         grading, teal and orange, clean, 画风, 风格, 复古, 简约, 极简, 电影感, レトロ, シンプル, \
         浮世绘, 浮世絵, stil",
        Style,
    ),
    (
        "moody, gloomy, ominous, mysterious, eerie, melancholic, melancholy, sombre, somber, horror, \
         dark mood, dark atmosphere, dark tones, dark and moody, dark fantasy, film noir, noir, grim, \
         sinister, 忧郁, 阴暗, düster, oscuro",
        Gloom,
    ),
    ("minimalist, minimal, minimalistic, coloring page, 简约, 极简, シンプル, ミニマル", Minimal),
    (
        "dramatic, dreamy, serene, peaceful, calm, cozy, cosy, joyful, whimsical, epic, romantic, \
         nostalgic, atmospheric, ethereal, tranquil, playful, cheerful, tense, 温馨, 梦幻, 宁静",
        Mood,
    ),
    (
        "black and white, black & white, monochrome, b&w, bw, grayscale, greyscale, sepia, noir, 黑白, \
         单色, 白黒, モノクロ, schwarz weiß, schwarzweiß, noir et blanc, blanco y negro",
        Mono,
    ),
    (
        "light, lighting, lit, backlit, backlight, backlighting, rim light, sunlight, sunbeam, sun rays, \
         god rays, candlelight, candlelit, firelight, moonlight, moonlit, lamplight, neon, neon lights, \
         glow, glowing, softbox, chiaroscuro, high key, low key, volumetric, spotlight, shadow, window \
         light, dappled, luminous, illuminated, flash, contre jour, rembrandt lighting, lens flare, 光, \
         灯光, 光线, 逆光, 月光, 阳光, 霓虹, 烛光, 侧光, 光影, ネオン, 木漏れ日, 照明, licht, \
         gegenlicht, lumière, luz, contraluz",
        Light,
    ),
    (
        "golden hour, sunset, sunrise, dusk, dawn, twilight, blue hour, magic hour, evening, 黄昏, 日落, \
         日出, 黎明, 傍晚, 夕阳, 夕焼け, 夕暮れ, 朝焼け, sonnenuntergang, sonnenaufgang, dämmerung, \
         morgengrauen, coucher de soleil, aube, crépuscule, atardecer, puesta de sol, amanecer",
        LowSun,
    ),
    (
        "daylight, midday, noon, sunny, bright day, afternoon, morning, blue sky, 白天, 正午, 晴天, \
         早晨, 清晨, 午后, 昼, 朝, 晴れ, sonnig, mittag, ensoleillé, soleado",
        Day,
    ),
    (
        "night, nighttime, midnight, starry, starlit, stars, milky way, nocturnal, 夜, 夜晚, 夜景, 深夜, \
         星空, 星夜, nacht, nachts, nuit, noche, sternenhimmel",
        Night,
    ),
    (
        "rain, rainy, raining, fog, foggy, mist, misty, snowstorm, blizzard, storm, stormy, overcast, \
         cloudy, thunderstorm, haze, hazy, snowing, 雨, 下雨, 雨天, 雾, 霧, 下雪, 阴天, 暴风雨, 曇り, \
         regen, nebel, sturm, pluie, brouillard, lluvia, niebla",
        Weather,
    ),
    (
        "lens, 35mm, 50mm, 85mm, 24mm, 28mm, 70mm, 100mm, 105mm, 135mm, 200mm, 14mm, 16mm, f/1.2, f/1.4, \
         f/1.8, f/2, f/2.8, f/4, f/5.6, f/8, f/11, bokeh, depth of field, dof, shallow focus, wide \
         angle, fisheye, telephoto, tilt shift, aerial view, aerial shot, drone shot, bird's eye view, \
         birds eye view, top down, top view, overhead, low angle, high angle, eye level, dutch angle, \
         over the shoulder, medium shot, wide shot, long shot, full body, full body shot, half body, \
         cowboy shot, upper body, from above, from below, from behind, side view, front view, three \
         quarter view, 3/4 view, leica, hasselblad, canon, nikon, sony a7, fujifilm, kodak, portra, film \
         grain, 35mm film, long exposure, motion blur, polarizer, anamorphic, panoramic, pov, framing, \
         centered, centred, symmetrical, symmetrical composition, rule of thirds, negative space, 镜头, \
         景深, 浅景深, 广角, 俯视, 仰视, 全身, 半身, 特写, 背影, 俯瞰, 広角, ボケ, あおり, アップ, \
         weitwinkel, grand angle, gran angular",
        Camera,
    ),
    ("close up, closeup, close up shot, extreme close up", Close),
    (
        "everything in focus, all in focus, deep focus, deep depth of field, sharp background, f/8, \
         f/11, f/16, f/22, focus stacking, focus stacked, 全景清晰, パンフォーカス",
        DeepFocus,
    ),
    (
        "bokeh, shallow depth of field, soft focus, blurry, blurred, blurred background, motion blur, \
         dreamy, out of focus, hazy, defocused, 虚化, 浅景深, ボケ, flou",
        SoftFocus,
    ),
    (
        "highly detailed, ultra detailed, extremely detailed, detailed, intricate, intricate details, \
         best quality, masterpiece, high quality, top quality, 4k, 8k, 16k, uhd, hd, hdr, ultra hd, high \
         resolution, highres, absurdres, sharp focus, sharp, crisp, award winning, professional, \
         hyperdetailed, tack sharp, fine detail, high detail, maximum detail, max detail, amazing \
         quality, very aesthetic, trending on artstation, score 9, score_9, score_8_up, score_7_up, \
         clean edges, professional artwork, professional design, 高清, 超清, 高质量, 细节丰富, 精细, \
         杰作, 高画質, 高品質, 最高品質, 傑作, hohe qualität, detailliert, haute qualité, détaillé, alta \
         calidad, detallado",
        Quality,
    ),
    (
        "text, lettering, letters, typography, caption, headline, title, slogan, sign, signage, label, \
         calligraphy, wordmark, handwriting, tattoo, speech bubble, poster, book cover, magazine, menu, \
         infographic, newspaper, graffiti, 文字, 字, 标题, 招牌, 看板, 书法, 書道, 海报, schrift, \
         schild, texte, enseigne, texto, letrero, rótulo",
        Lettering,
    ),
    (
        "stairs, staircase, stairway, stair, ladder, temple, pyramid, porch, stone steps, dance, treppe, \
         escalier",
        Stairs,
    ),
];
